//! What is listened on, and how it stops.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use assent_http::{Listen, ListenError, Tls, bind};
use tokio::net::TcpStream;

use crate::support::{NEW, Server, environment};

fn anywhere(tls: Tls) -> Listen {
    Listen::on(SocketAddr::from(([0, 0, 0, 0], 0)), tls)
}

#[test]
fn without_tls_only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
        let listen = Listen::on(address.parse().unwrap(), Tls::Off);
        assert!(matches!(bind(listen), Err(ListenError::PlainOutside { .. })), "{address}");
    }
}

#[test]
fn a_certificate_is_made_once_and_its_key_is_ours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let tls = || Tls::SelfSigned { dir: folder.path().join("tls"), names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()] };
    assert!(bind(anywhere(tls())).unwrap().secure());
    let read = |name: &str| std::fs::read(folder.path().join("tls").join(name)).unwrap();
    let first = (read("tls.crt"), read("tls.key"));
    let mode = std::fs::metadata(folder.path().join("tls/tls.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    bind(anywhere(tls())).unwrap();
    assert_eq!(first, (read("tls.crt"), read("tls.key")));
    let files = Tls::Files { certificate: folder.path().join("tls/tls.crt"), key: folder.path().join("tls/tls.key") };
    assert!(bind(anywhere(files)).unwrap().secure());
}

#[test]
fn files_that_are_no_certificate_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("a.crt"), folder.path().join("a.key"));
    let files = || anywhere(Tls::Files { certificate: certificate.clone(), key: key.clone() });
    let named = |result: Result<_, ListenError>| match result {
        Err(ListenError::Certificate { path, .. }) => path,
        other => panic!("{:?}", other.map(|_: assent_http::listen::Bound| ())),
    };
    assert_eq!(named(bind(files())), certificate);
    std::fs::write(&certificate, "not PEM").unwrap();
    assert_eq!(named(bind(files())), certificate);
    let made = folder.path().join("made");
    bind(anywhere(Tls::SelfSigned { dir: made.clone(), names: vec!["localhost".to_owned()] })).unwrap();
    std::fs::copy(made.join("tls.crt"), &certificate).unwrap();
    assert_eq!(named(bind(files())), key, "no key");
}

#[tokio::test]
async fn what_runs_when_told_to_stop_is_finished() {
    let mut server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.gated.lock().unwrap().insert("CreateEnvironment");
    let running = tokio::spawn(server.post("/api/v1/environments", NEW).token("good").send());
    while server.tiny.calls("CreateEnvironment") == 0 {
        tokio::task::yield_now().await;
    }
    server.stop.take().unwrap().send(()).unwrap();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.tiny.gate.add_permits(1);
    assert_eq!(running.await.unwrap().status, 201);
    server.served.await.unwrap();
}

#[tokio::test]
async fn streams_do_not_keep_a_stopped_platform_alive() {
    let mut server = Server::with(|_, listen| listen.drain_ms = 50).await;
    let reader = server.get("/api/v1/events").token("good").open().await;
    reader.readable().await.unwrap();
    server.stop.take().unwrap().send(()).unwrap();
    server.served.await.unwrap();
}
