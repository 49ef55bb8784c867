//! Listening: an address, with TLS or on loopback only, with bounds on connections, until told to stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use assent_base::Timestamp;
use axum::Router;
use axum_server::Handle;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioTimer;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::crowd::{Crowd, OfCrowd};
use crate::validity::{CERTIFICATE_WARN_DAYS, Certificate};
use crate::{certificate, tls};

/// Connections at one time, unless asked otherwise.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Connections of one address at one time, unless asked otherwise.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 1_024;
/// Milliseconds in which the head of a request must arrive.
pub const HEADERS_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds for a TLS handshake.
const HANDSHAKE_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds for requests to end once the platform is told to stop.
pub const DRAIN_MS: u64 = 10_000;
/// Bytes of a request's head at most.
pub const HEAD_BYTES_MAX: usize = 32 << 10;
/// Headers of a request at most.
pub const HEADERS_MAX: usize = 100;
/// Milliseconds between looks at whether the certificate's files were replaced.
pub const CERTIFICATE_LOOK_MS: u64 = 60_000;
/// Requests at one time in one HTTP/2 connection.
const HTTP2_STREAMS_MAX: u32 = 100;
/// Seconds between HTTP/2 pings that find dead connections.
const HTTP2_PING_S: u64 = 30;

/// Where and how to listen.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// How to encrypt.
    pub tls: Tls,
    /// Connections at one time.
    pub connections_max: usize,
    /// Those of one address.
    pub connections_per_address_max: usize,
    /// Networks of proxies, for which that does not hold.
    pub trusted_proxies: Vec<IpNet>,
    /// Milliseconds in which the head of a request must arrive.
    pub headers_timeout_ms: u64,
    /// Bytes of a request's head.
    pub head_bytes_max: usize,
    /// Headers of a request.
    pub headers_max: usize,
    /// Milliseconds for requests to end once told to stop.
    pub drain_ms: u64,
    /// Milliseconds between looks at whether the certificate's files were replaced.
    pub certificate_look_ms: u64,
    /// Days before its end from which the certificate is warned of.
    pub certificate_warn_days: u32,
    /// Reads the clock; without it nobody says how long the certificate holds.
    pub now: Option<fn() -> Timestamp>,
}

impl Listen {
    /// With the default bounds.
    #[must_use]
    pub fn on(address: SocketAddr, tls: Tls) -> Self {
        Self {
            address,
            tls,
            connections_max: CONNECTIONS_MAX,
            connections_per_address_max: CONNECTIONS_PER_ADDRESS_MAX,
            trusted_proxies: Vec::new(),
            headers_timeout_ms: HEADERS_TIMEOUT_MS,
            head_bytes_max: HEAD_BYTES_MAX,
            headers_max: HEADERS_MAX,
            drain_ms: DRAIN_MS,
            certificate_look_ms: CERTIFICATE_LOOK_MS,
            certificate_warn_days: CERTIFICATE_WARN_DAYS,
            now: None,
        }
    }
}

/// How to encrypt.
#[derive(Debug, Clone)]
pub enum Tls {
    /// Not at all; on loopback only.
    Off,
    /// With a certificate of our own, made at the first start and kept.
    SelfSigned {
        /// The folder to keep it in: `tls.crt` and `tls.key`.
        dir: PathBuf,
        /// Names and addresses that it is for.
        names: Vec<String>,
    },
    /// With these files, in PEM.
    Files {
        /// The certificate, and those between it and its root.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Turn TLS on, or listen on `127.0.0.1`.
    #[error("`{address}` is no loopback address, and without TLS nothing else is listened on")]
    PlainOutside {
        /// The address.
        address: SocketAddr,
    },
    /// Another process has it, or it is not of this machine.
    #[error("cannot listen on `{address}`")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file is missing, unreadable or no PEM, or the two do not belong together.
    #[error("cannot use the certificate or key `{path}`: {why}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The listener failed while it served.
    #[error("serving stopped")]
    Serve(#[source] io::Error),
}

/// Has the address, and serves nothing yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
    certificate: Option<Arc<Certificate>>,
    files: Option<certificate::Files>,
    listen: Listen,
}

/// Takes the address and reads the certificate.
///
/// # Errors
/// No TLS off loopback, an address that is taken, or files that do not serve as a certificate.
pub fn bind(listen: Listen) -> Result<Bound, ListenError> {
    let address = listen.address;
    if matches!(listen.tls, Tls::Off) && !address.ip().to_canonical().is_loopback() {
        return Err(ListenError::PlainOutside { address });
    }
    // Before they are read: what is replaced meanwhile is found to have changed.
    let files = certificate::Files::of(&listen.tls);
    let (tls, validity) = tls::server(&listen.tls)?.map(|served| (served.config, served.validity)).unzip();
    let certificate =
        validity.flatten().zip(listen.now).map(|(validity, now)| Certificate::new(validity, now, listen.certificate_warn_days));
    let failed = |cause| ListenError::Bind { address, cause };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Bound { listener, address, tls, certificate, files, listen })
}

impl Bound {
    /// The address, with the port that was given if 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The certificate that is served, as far as its time goes.
    #[must_use]
    pub fn certificate(&self) -> Option<Arc<Certificate>> {
        self.certificate.clone()
    }

    /// Serves until `stop` is there, then lets running requests end for a while, and then ends.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ListenError> {
        let handle = Handle::new();
        let drain = Duration::from_millis(self.listen.drain_ms);
        let stopping = handle.clone();
        let watch = tokio::spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(drain));
        });
        let crowd = Crowd::new(self.listen.connections_per_address_max, self.listen.trusted_proxies.clone());
        let bounded = Bounded { free: Arc::new(Semaphore::new(self.listen.connections_max)), crowd };
        let mut server = axum_server::from_tcp(self.listener).map_err(ListenError::Serve)?.handle(handle);
        bounds(server.http_builder(), &self.listen);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let served = match self.tls {
            None => server.acceptor(bounded).serve(service).await,
            Some(config) => {
                let config = RustlsConfig::from_config(config);
                let look = Duration::from_millis(self.listen.certificate_look_ms);
                let following = self.files.map(|files| tokio::spawn(files.follow(config.clone(), self.certificate.clone(), look)));
                let watching = self.certificate.map(|certificate| tokio::spawn(certificate.watch(look)));
                let tls = RustlsAcceptor::new(config);
                let tls = tls.handshake_timeout(Duration::from_millis(HANDSHAKE_TIMEOUT_MS)).acceptor(bounded);
                let served = server.acceptor(tls).serve(service).await;
                for task in following.into_iter().chain(watching) {
                    task.abort();
                }
                served
            }
        };
        watch.abort();
        served.map_err(ListenError::Serve)
    }
}

fn bounds(builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>, listen: &Listen) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(listen.headers_timeout_ms))
        .max_buf_size(listen.head_bytes_max)
        .max_headers(listen.headers_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(u32::try_from(listen.head_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(HTTP2_PING_S));
}

/// Accepts connections while there is room; others are closed at once.
#[derive(Debug, Clone)]
struct Bounded {
    free: Arc<Semaphore>,
    crowd: Arc<Crowd>,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Bounded {
    type Stream = Counted<TcpStream>;
    type Service = S;
    type Future = BoxFuture<'static, io::Result<(Counted<TcpStream>, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let one_of = stream.peer_addr().map(|peer| self.crowd.join(peer.ip()));
        let permit = Arc::clone(&self.free).try_acquire_owned();
        Box::pin(async move {
            let one_of = one_of?.ok_or_else(|| io::Error::other("too many connections of one address"))?;
            let permit = permit.map_err(|_| io::Error::other("too many connections"))?;
            let (stream, service) = DefaultAcceptor::new().accept(stream, service).await?;
            Ok((Counted { stream, _permit: permit, _one_of: one_of }, service))
        })
    }
}

/// A connection that is counted as long as it lives.
#[derive(Debug)]
struct Counted<I> {
    stream: I,
    _permit: OwnedSemaphorePermit,
    _one_of: OfCrowd,
}

impl<I: AsyncRead + Unpin> AsyncRead for Counted<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Counted<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
