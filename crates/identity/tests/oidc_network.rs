//! The way out is the one that the configuration names: its proxy, its authorities.

use crate::fake::{Answer, Fake, discovery, now};
use assent_identity::oidc::{Config, OidcError, Provider, Proxy, ReturnTo};
use axum::Json;
use axum_server::tls_rustls::RustlsConfig;

#[tokio::test]
async fn a_proxy_is_used_and_its_exceptions_are_not() {
    let proxy = Fake::start(&[]).await;
    // Nobody listens there: what arrives, arrives by the proxy.
    let issuer = "http://127.0.0.1:9";
    proxy.set(|world| world.discovery = Answer::Json(200, discovery(issuer)));
    let config = |except: Option<&str>| Config {
        issuer: issuer.to_owned(),
        proxy: Some(Proxy { url: proxy.issuer.clone(), except: except.map(str::to_owned) }),
        ..proxy.config()
    };
    let by_proxy = Provider::new(config(None)).unwrap();
    assert!(by_proxy.begin(ReturnTo::start(), now()).await.is_ok());
    assert_eq!(proxy.world.lock().unwrap().asked_discovery, 1);
    let directly = Provider::new(config(Some("127.0.0.1"))).unwrap();
    assert_eq!(directly.begin(ReturnTo::start(), now()).await.map(drop), Err(OidcError::Unreachable("discovery document")));
    assert_eq!(proxy.world.lock().unwrap().asked_discovery, 1);
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_if_it_is_named() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer_of = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer_of).unwrap();
    let tls = RustlsConfig::from_pem(certificate.pem().into_bytes(), key.serialize_pem().into_bytes()).await.unwrap();

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let issuer = format!("https://{}", listener.local_addr().unwrap());
    let document = discovery(&issuer);
    let app = axum::Router::new().fallback(move || async move { Json(document) });
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(server.serve(app.into_make_service()));

    let fake = Fake::start(&[]).await;
    let config = |authorities_pem: Vec<Vec<u8>>| {
        let mut config = Config { issuer: issuer.clone(), authorities_pem, ..fake.config() };
        config.limits.answer_ms = 5_000;
        config
    };
    let trusting = Provider::new(config(vec![authority_certificate.pem().into_bytes()])).unwrap();
    assert!(trusting.begin(ReturnTo::start(), now()).await.is_ok());
    let wary = Provider::new(config(Vec::new())).unwrap();
    assert_eq!(wary.begin(ReturnTo::start(), now()).await.map(drop), Err(OidcError::Unreachable("discovery document")));
}
