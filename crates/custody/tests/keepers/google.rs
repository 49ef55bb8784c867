//! Google Cloud KMS: whom we are there, checksums, and what is told when it refuses.

use assent_custody::CustodyError;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::doubles::{GOOGLE_KEY, GoogleDouble, keeper, serve};

fn config(address: &str, credentials: Value) -> Value {
    json!({ "google_kms": { "key": GOOGLE_KEY, "endpoint": address, "credentials": credentials } })
}

#[tokio::test]
async fn a_service_account_signs_for_its_token_once() {
    let (google, address) = GoogleDouble::start().await;
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    let file = tempfile::NamedTempFile::new().unwrap();
    let key = json!({ "type": "service_account", "project_id": "shop", "private_key_id": "k1", "private_key": pem,
        "client_email": "assent@shop.iam.gserviceaccount.com", "token_uri": format!("{address}/token") });
    std::fs::write(file.path(), key.to_string()).unwrap();
    let keeper = keeper(config(&address, json!({ "key_file": file.path() })));
    let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();
    keeper.open(b"one", &wrapped).await.unwrap();

    let statements = google.statements.lock().unwrap();
    assert_eq!(statements.len(), 1);
    let assertion = statements[0].strip_prefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=").unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap()).unwrap();
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str(), claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()),
        (Some("assent@shop.iam.gserviceaccount.com"), Some(format!("{address}/token").as_str()), 600)
    );
}

#[tokio::test]
async fn an_answer_whose_checksum_does_not_hold_is_refused() {
    let right = json!({ "verifiedPlaintextCrc32c": true, "verifiedAdditionalAuthenticatedDataCrc32c": true, "ciphertext": "AAAA", "ciphertextCrc32c": "1" });
    let unverified = json!({ "verifiedPlaintextCrc32c": true, "ciphertext": "AAAA", "ciphertextCrc32c": "1" });
    for (body, due) in
        [(right, "not what its checksum says"), (unverified, "did not get what was sent"), (json!({}), "did not get what was sent")]
    {
        let address = serve(move |asked| {
            let token = json!({ "access_token": "ya29.given", "expires_in": 3599 }).to_string();
            (StatusCode::OK, if asked.path.starts_with("/computeMetadata/") { token } else { body.to_string() })
        })
        .await;
        let told = keeper(config(&address, json!({ "metadata": address }))).wrap(b"one", b"secret").await.unwrap_err();
        assert!(told.to_string().contains(due), "{told}");
    }
}

#[tokio::test]
async fn refusals_say_who_has_to_do_what() {
    for (status, word, due) in [
        (400, "FAILED_PRECONDITION", "disabled or destroyed"),
        (400, "INVALID_ARGUMENT", "does not open"),
        (401, "UNAUTHENTICATED", "does not know the credentials"),
        (403, "PERMISSION_DENIED", "roles/cloudkms.cryptoKeyEncrypterDecrypter"),
        (404, "NOT_FOUND", "has no key"),
        (429, "RESOURCE_EXHAUSTED", "does not serve now"),
    ] {
        let body = json!({ "error": { "code": status, "status": word, "message": "…" } }).to_string();
        let address = serve(move |asked| {
            let token = json!({ "access_token": "ya29.given", "expires_in": 3599 }).to_string();
            if asked.path.starts_with("/computeMetadata/") {
                (StatusCode::OK, token)
            } else {
                (StatusCode::from_u16(status).unwrap(), body.clone())
            }
        })
        .await;
        let told = keeper(config(&address, json!({ "metadata": address }))).open(b"one", b"blob").await.unwrap_err();
        assert!(told.to_string().contains(due), "{word}: {told}");
        assert_eq!(told.may_pass(), matches!(told, CustodyError::NotServing { .. }));
    }
}
