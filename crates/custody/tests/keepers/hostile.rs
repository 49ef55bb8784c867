//! What a hostile keeper, or whoever stands in its place, may answer: nothing of it is believed, repeated or waited for without end.

use assent_custody::CustodyError;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::doubles::{GOOGLE_KEY, keeper, serve};

/// A word that no message may repeat.
const CANARY: &str = "canary-7fb1";

async fn told(status: u16, body: String) -> Vec<CustodyError> {
    let status = StatusCode::from_u16(status).unwrap();
    let address = serve(move |asked| {
        if asked.path.starts_with("/computeMetadata/") {
            return (StatusCode::OK, json!({ "access_token": CANARY, "expires_in": 60 }).to_string());
        }
        (status, body.clone())
    })
    .await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), CANARY).unwrap();
    let mut told = Vec::new();
    for (config, wrapped) in [
        (json!({ "vault": { "address": address, "key": "assent", "token_file": token.path() } }), &b"vault:v1:AAAA"[..]),
        (
            json!({ "aws_kms": { "region": "eu-central-1", "key": "alias/assent", "endpoint": address, "credentials": "environment" } }),
            b"blob",
        ),
        (json!({ "google_kms": { "key": GOOGLE_KEY, "endpoint": address, "credentials": { "metadata": address } } }), b"blob"),
    ] {
        let keeper = keeper(config);
        told.push(keeper.open(b"tenant one", wrapped).await.unwrap_err());
        told.push(keeper.wrap(b"tenant one", b"a secret").await.unwrap_err());
    }
    told
}

#[tokio::test]
async fn nothing_that_a_keeper_says_is_repeated_and_no_answer_of_a_wrong_form_is_believed() {
    let plain = STANDARD.encode("not what was wrapped");
    for (status, body) in [
        (200, String::new()),
        (200, CANARY.to_owned()),
        (200, format!("<html>{CANARY}</html>")),
        (200, "[".repeat(10_000)),
        (200, json!({ "data": { "plaintext": 7, "ciphertext": [] }, "Plaintext": {}, "CiphertextBlob": 1, "plaintext": false }).to_string()),
        (200, json!({ "data": { "plaintext": plain, "ciphertext": CANARY }, "Plaintext": plain, "plaintext": plain }).to_string()),
        (200, json!({ "data": { "plaintext": "%%%", "ciphertext": "vault:v1:%%" }, "Plaintext": "%", "CiphertextBlob": "%", "plaintext": "%" }).to_string()),
        (400, json!({ "errors": [CANARY], "__type": CANARY, "message": CANARY, "error": { "status": CANARY } }).to_string()),
        (403, CANARY.to_owned()),
        (404, CANARY.to_owned()),
        (418, CANARY.to_owned()),
    ] {
        for error in told(status, body.clone()).await {
            assert!(!error.may_pass(), "{status} {error}");
            assert!(!error.to_string().contains(CANARY) && !format!("{error:?}").contains(CANARY), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    for error in told(200, "A".repeat(1 << 20)).await {
        assert!(matches!(&error, CustodyError::BadAnswer { what, .. } if *what == "it is too long"), "{error}");
    }
}

#[tokio::test]
async fn the_secret_of_another_tenant_is_refused_although_the_keeper_gives_it() {
    // It forgets what it was told of the place, and opens everything for everybody.
    let place = b"tenant one";
    let plain = [&[1, 0, u8::try_from(place.len()).unwrap()][..], place, &[7; 32]].concat();
    let text = STANDARD.encode(plain);
    let address = serve(move |_| (StatusCode::OK, json!({ "data": { "plaintext": text }, "Plaintext": text }).to_string())).await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "root").unwrap();
    for (config, wrapped) in [
        (json!({ "vault": { "address": address, "key": "assent", "token_file": token.path() } }), &b"vault:v1:AAAA"[..]),
        (
            json!({ "aws_kms": { "region": "eu-central-1", "key": "alias/assent", "endpoint": address, "credentials": "environment" } }),
            b"blob",
        ),
    ] {
        let keeper = keeper(config);
        assert_eq!(keeper.open(b"tenant one", wrapped).await.unwrap().as_slice(), [7; 32]);
        let refused = keeper.open(b"tenant two", wrapped).await.unwrap_err();
        assert!(matches!(refused, CustodyError::DoesNotOpen { .. }), "{refused}");
    }
}

#[tokio::test]
async fn one_that_is_overloaded_is_asked_a_few_times_and_no_more() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&asked);
    let address = serve(move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (StatusCode::SERVICE_UNAVAILABLE, String::new())
    })
    .await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "root").unwrap();
    let keeper = keeper(json!({ "vault": { "address": address, "key": "assent", "token_file": token.path() } }));
    let error = keeper.wrap(b"tenant one", b"a secret").await.unwrap_err();
    assert!(error.may_pass(), "{error}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), assent_custody::ATTEMPTS_MAX);
}
