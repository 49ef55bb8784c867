//! A platform whose certificate is not believed is not spoken to, and it is said why: what ended, when, and what to do.

#![allow(clippy::unwrap_used, reason = "this is a test, helpers included")]

use std::sync::Arc;
use std::time::Duration;

use assent_api::observer::{Batch, Numbered, Signal};
use assent_base::{Secret, Timestamp};
use assent_observe::uplink::https::{Endpoint, Https};
use assent_observe::uplink::{NoUplink, Uplink as _};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Years that the certificate and its issuer hold from and until; the name that it is for; whether the issuer is trusted.
struct Shown {
    own: (i32, i32),
    issuer: (i32, i32),
    name: &'static str,
    trusted: bool,
}

const GOOD: Shown = Shown { own: (2020, 2090), issuer: (2020, 2090), name: "localhost", trusted: true };

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_in_words() {
    for (shown, words) in [
        (
            Shown { own: (2020, 2021), ..GOOD },
            "the certificate of `localhost`, or one that vouches for it, has ended at 2021-01-01T00:00:00Z: it has to be renewed there",
        ),
        (
            Shown { own: (2080, 2090), ..GOOD },
            "the certificate of `localhost`, or one that vouches for it, does not hold before 2080-01-01T00:00:00Z: is the clock here right?",
        ),
        (
            Shown { trusted: false, ..GOOD },
            "nobody who is trusted here vouches for the certificate of `localhost`: `ca_file` names who does, if no public authority does",
        ),
        (Shown { name: "assent.example", ..GOOD }, "the certificate that `localhost` shows is for other names"),
    ] {
        assert_eq!(refused(shown).await, words);
    }
    assert!(!refused(GOOD).await.contains("certificate"), "it is believed, and whoever shows it says nothing more");
}

/// Why nothing reaches a platform that shows such a certificate.
async fn refused(shown: Shown) -> String {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let other = issuer("another", (2020, 2090));
    let issuer = issuer("an issuer", shown.issuer);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![shown.name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(shown.own.0, 1, 1), date_time_ymd(shown.own.1, 1, 1));
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever connects is greeted, and left.
            let _ = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await;
        }
    });
    let trusted = if shown.trusted { issuer.pem() } else { other.pem() };
    let endpoint = Endpoint {
        url: format!("https://localhost:{port}"),
        key: Secret::new("a-key-for-this-test".to_owned()),
        ca_pem: Some(trusted.into_bytes()),
        proxy: None,
        request_timeout: Duration::from_secs(20),
    };
    let signal = Signal::Dropped { at: Timestamp::UNIX_EPOCH, signals: 1 };
    let batch = Batch { stream: "00".repeat(16), signals: vec![Numbered { seq: 7, signal }] };
    match Https::new(endpoint).unwrap().send(&batch).await {
        Err(NoUplink::Unreachable { why, .. }) => why,
        other => format!("{other:?}"),
    }
}

fn issuer(name: &str, years: (i32, i32)) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
