//! The health probe: asked by the program itself, answered on loopback, so that no other pod reaches it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A question or an answer takes no longer.
const TIME_MAX: Duration = Duration::from_secs(4);
/// What is read of a question or an answer.
const BYTES_MAX: u64 = 4 << 10;
/// An executor that has not come round for so long is stuck: the longest waits for work, for an answer and before a retry, several times.
const STUCK_AFTER: Duration = Duration::from_secs(600);

/// Whether the executor comes round, and whether it is heard.
#[derive(Debug, Clone)]
pub(crate) struct Pulse(Arc<Mutex<(Instant, bool)>>);

impl Pulse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((Instant::now(), false))))
    }

    pub(crate) fn beat(&self, is_connected: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), is_connected);
    }

    fn words(&self) -> (&'static str, &'static str) {
        let (at, is_connected) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (at.elapsed() < STUCK_AFTER, is_connected) {
            (true, true) => ("200 OK", "alive, connected to Assent"),
            (true, false) => ("200 OK", "alive, not connected to Assent"),
            (false, _) => ("503 Service Unavailable", "stuck"),
        }
    }
}

/// Asks the executor beside us.
pub(crate) fn ask(port: u16) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIME_MAX).context("no executor answers here")?;
    stream.set_read_timeout(Some(TIME_MAX))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(BYTES_MAX).read_to_string(&mut answer).context("no executor answers here")?;
    if !answer.starts_with("HTTP/1.1 200 ") {
        bail!("the executor is not well: {}", answer.lines().next_back().unwrap_or_default());
    }
    println!("{}", answer.lines().next_back().unwrap_or_default());
    Ok(())
}

/// Takes the port.
pub(crate) async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let taken = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    taken.with_context(|| format!("the port {port} of the health probe cannot be used"))
}

/// Answers until it is dropped, one question at a time: the kubelet asks twice a minute.
pub(crate) async fn answer(listener: TcpListener, pulse: Pulse) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            tokio::time::sleep(TIME_MAX).await;
            continue;
        };
        let answering = async {
            let mut question = [0; 512];
            let _ = stream.read(&mut question).await;
            let (status, words) = pulse.words();
            let text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{words}", words.len());
            let _ = stream.write_all(text.as_bytes()).await;
        };
        let _ = tokio::time::timeout(TIME_MAX, answering).await;
    }
}
