//! What every keeper does alike.

use assent_custody::{CustodyError, Keeper};
use serde_json::json;

use crate::doubles::{AwsDouble, GOOGLE_KEY, GoogleDouble, VaultDouble, keeper};

/// A keeper, and one with another key at the same place.
pub(crate) async fn all() -> Vec<(Keeper, Keeper)> {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "root\n").unwrap();
    // The files live as long as the process; it is short.
    let _ = folder.keep();
    let (_, vault) = VaultDouble::start().await;
    let (_, aws) = AwsDouble::start().await;
    let (_, google) = GoogleDouble::start().await;
    let vault = |key: &str| keeper(json!({ "vault": { "address": vault, "key": key, "token_file": token } }));
    let aws =
        |key: &str| keeper(json!({ "aws_kms": { "region": "eu-central-1", "key": key, "endpoint": aws, "credentials": "environment" } }));
    let google = |key: &str| keeper(json!({ "google_kms": { "key": key, "endpoint": google, "credentials": { "metadata": google } } }));
    vec![
        (vault("assent"), vault("other")),
        (aws("alias/assent"), aws("alias/other")),
        (google(GOOGLE_KEY), google(&GOOGLE_KEY.replace("root", "other"))),
    ]
}

#[tokio::test]
async fn a_secret_opens_for_its_place_and_its_key_alone() {
    for (keeper, other) in all().await {
        for secret in [&[7_u8; 32][..], b"", &[0; 1_000]] {
            let wrapped = keeper.wrap(b"tenant one", secret).await.unwrap();
            assert_eq!(keeper.open(b"tenant one", &wrapped).await.unwrap().as_slice(), secret, "{}", keeper.name());
            for (opener, place) in [(&keeper, &b"tenant two"[..]), (&other, b"tenant one")] {
                let refused = opener.open(place, &wrapped).await.unwrap_err();
                assert!(matches!(refused, CustodyError::DoesNotOpen { .. }), "{refused}");
                assert!(!refused.may_pass());
            }
        }
    }
}

#[tokio::test]
async fn what_is_damaged_or_too_long_is_refused() {
    for (keeper, _) in all().await {
        let wrapped = keeper.wrap(b"tenant one", b"a secret").await.unwrap();
        for damaged in [&b""[..], b"junk", &wrapped[..wrapped.len() - 5], &[wrapped.as_slice(), b"AAAA"].concat(), &vec![b'A'; 20_000]] {
            assert!(keeper.open(b"tenant one", damaged).await.is_err(), "{}", keeper.name());
        }
        assert!(keeper.wrap(b"tenant one", &[0; 5_000]).await.is_err());
    }
}

#[tokio::test]
async fn after_a_rotation_what_was_wrapped_anew_opens() {
    for (keeper, _) in all().await {
        let wrapped = keeper.wrap(b"tenant one", b"a secret").await.unwrap();
        keeper.advance().await.unwrap();
        let secret = keeper.open(b"tenant one", &wrapped).await.unwrap();
        let again = keeper.wrap(b"tenant one", &secret).await.unwrap();
        keeper.retire().await.unwrap();
        assert_eq!(keeper.open(b"tenant one", &again).await.unwrap().as_slice(), b"a secret", "{}", keeper.name());
        assert!(keeper.look().await.is_ok());
    }
}

#[tokio::test]
async fn a_keeper_that_is_not_there_is_named_with_its_address() {
    // A port that nobody listens on any more.
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "s.secret").unwrap();
    for config in [
        json!({ "vault": { "address": gone, "key": "assent", "token_file": token.path() } }),
        json!({ "aws_kms": { "region": "eu-central-1", "key": "alias/assent", "endpoint": gone, "credentials": "environment" } }),
    ] {
        let failed = keeper(config).wrap(b"tenant one", b"a secret").await.unwrap_err();
        assert!(matches!(&failed, CustodyError::Unreachable { who, .. } if who.contains(&gone)), "{failed}");
        assert!(failed.may_pass());
    }
}
