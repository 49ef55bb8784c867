//! TLS as clients meet it: HTTP/2 for whoever offers it, and a certificate that is replaced while we serve.

use std::path::Path;
use std::sync::Arc;

use assent_http::Tls;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::Server;

/// Handshakes before a test gives up waiting.
const TRIES_MAX: usize = 20_000;
/// Handshakes that take longer than a few looks at the files.
const HANDSHAKES: usize = 50;
/// Milliseconds between looks at the files, here.
const LOOK_MS: u64 = 5;

#[tokio::test]
async fn who_offers_http_2_is_answered_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = made(folder.path(), "a");
    let server = Server::with(|_, listen| listen.tls = Tls::Files { certificate: certificate.clone(), key }).await;
    let connection = connect(&server, &certificate, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(connection.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut requests, driver) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(connection)).await.unwrap();
    tokio::spawn(driver);
    let url = format!("https://localhost:{}/healthz", server.address.port());
    let answers = (0..5).map(|_| requests.send_request(http::Request::get(&url).body(Empty::<Bytes>::new()).unwrap()));
    for answer in futures_util::future::join_all(answers.collect::<Vec<_>>()).await {
        let answer = answer.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
        assert!(answer.headers().contains_key("strict-transport-security"), "by TLS");
    }
    let old = connect(&server, &certificate, &[b"http/1.1"]).await.unwrap();
    assert_eq!(old.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()), "others speak as they can");
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_served_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let ((first, first_key), (second, second_key)) = (made(folder.path(), "first"), made(folder.path(), "second"));
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    replace(&first, &certificate);
    replace(&first_key, &key);
    let files = Tls::Files { certificate: certificate.clone(), key: key.clone() };
    let server = Server::with(|_, listen| (listen.tls, listen.certificate_look_ms) = (files, LOOK_MS)).await;
    let kept = connect(&server, &first, &[]).await.unwrap();
    assert!(connect(&server, &second, &[]).await.is_err(), "not yet");

    // Half of it: the key is still the old one.
    replace(&second, &certificate);
    for _ in 0..HANDSHAKES {
        assert!(connect(&server, &first, &[]).await.is_ok(), "the old one is served on");
    }
    replace(&second_key, &key);
    let mut tries = 0;
    while connect(&server, &second, &[]).await.is_err() {
        tries += 1;
        assert!(tries < TRIES_MAX, "the new certificate is never served");
    }
    assert!(connect(&server, &first, &[]).await.is_err(), "the old one is served no more");
    std::fs::write(&certificate, "no certificate at all").unwrap();
    for _ in 0..HANDSHAKES {
        assert!(connect(&server, &second, &[]).await.is_ok(), "what cannot be used is not");
    }
    drop(kept);
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_served_and_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = made(folder.path(), "a");
    let server = Server::with(|_, listen| {
        listen.tls = Tls::Files { certificate: certificate.clone(), key };
        // Whoever made it gave it two thousand years.
        listen.now = Some(|| "4096-01-02T00:00:00Z".parse().unwrap());
    })
    .await;
    let connection = connect(&server, &certificate, &[b"h2"]).await.unwrap();
    let (mut requests, driver) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(connection)).await.unwrap();
    tokio::spawn(driver);
    let url = format!("https://localhost:{}/readyz", server.address.port());
    let answer = requests.send_request(http::Request::get(&url).body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "to serve nobody would help nobody");
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text);
    assert!(text.ends_with("certificate: has ended at 4096-01-01T00:00:00Z\n"), "{text}");
}

#[tokio::test]
async fn a_certificate_of_our_own_is_made_anew_for_new_names_and_is_trusted_as_the_old_one_was() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("tls.crt");
    let with = |names: &[&str]| {
        let tls = Tls::SelfSigned { dir: folder.path().to_owned(), names: names.iter().map(|name| (*name).to_owned()).collect() };
        Server::with(|_, listen| listen.tls = tls)
    };
    drop(with(&["localhost"]).await);
    let (first, trusted) = (std::fs::read(&own).unwrap(), folder.path().join("trusted.crt"));
    std::fs::copy(&own, &trusted).unwrap();
    drop(with(&["localhost"]).await);
    assert_eq!(std::fs::read(&own).unwrap(), first, "nothing has changed");
    let server = with(&["localhost", "assent.example", "192.0.2.7"]).await;
    assert_ne!(std::fs::read(&own).unwrap(), first);
    for name in ["localhost", "assent.example", "192.0.2.7"] {
        connect_to(&server, name, &trusted, &[]).await.unwrap();
    }
    assert!(connect_to(&server, "another.example", &trusted, &[]).await.is_err());
}

/// A certificate of our own, under this name.
fn made(folder: &Path, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
    std::fs::write(&certificate, own.cert.pem()).unwrap();
    std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

/// Puts a file in the place of another, in one step.
fn replace(from: &Path, to: &Path) {
    let beside = to.with_extension("new");
    std::fs::copy(from, &beside).unwrap();
    std::fs::rename(&beside, to).unwrap();
}

/// Connects as a client that trusts this certificate alone, and speaks these protocols.
async fn connect(server: &Server, trusted: &Path, protocols: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
    connect_to(server, "localhost", trusted, protocols).await
}

/// The same, to one of the names that the server is called by.
async fn connect_to(server: &Server, name: &str, trusted: &Path, protocols: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let tcp = TcpStream::connect(server.address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).unwrap(), tcp).await
}
