//! AWS KMS: whom we are there, and what is told when it refuses.

use std::sync::{Arc, Mutex};

use assent_custody::{Config, CustodyError, Keeper};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::doubles::{AwsDouble, keeper, outside, serve};

fn config(endpoint: &str, credentials: Value) -> Value {
    json!({ "aws_kms": { "region": "eu-central-1", "key": "alias/assent", "endpoint": endpoint, "credentials": credentials } })
}

/// As moto's STS answers.
fn assumed(number: u32, until: &str) -> String {
    format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult><Credentials>\
         <AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>gZTEKtJxOXKm</SecretAccessKey><SessionToken>session-{number}</SessionToken>\
         <Expiration>{until}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    )
}

#[tokio::test]
async fn a_role_is_assumed_with_the_token_and_again_before_it_ends() {
    let (kms, address) = AwsDouble::start().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let sts = serve(move |request| {
        let mut seen = seen.lock().unwrap();
        seen.push(String::from_utf8(request.body.to_vec()).unwrap());
        // The first ends within the margin, the second does not.
        let until = if seen.len() == 1 { "2026-11-22T04:01:00Z" } else { "2026-11-22T05:00:00.060241Z" };
        (StatusCode::OK, assumed(u32::try_from(seen.len()).unwrap(), until))
    })
    .await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "head.claims.signature+/=").unwrap();
    let role = json!({ "role_arn": "arn:aws:iam::123456789012:role/assent", "token_file": token.path(), "endpoint": sts });
    let keeper = keeper(config(&address, json!({ "web_identity": role })));
    for _ in 0..3 {
        keeper.wrap(b"one", b"secret").await.unwrap();
    }
    let seen = kms.seen.lock().unwrap();
    let by: Vec<&str> = seen.iter().map(|(_, session)| session.as_str()).collect();
    assert_eq!(by, ["session-1", "session-2", "session-2"]);
    assert!(seen[1].0.contains("Credential=ASIA2/20261122/eu-central-1/kms/aws4_request"));
    assert!(seen[1].0.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target"));
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].contains("Action=AssumeRoleWithWebIdentity") && asked[0].ends_with("WebIdentityToken=head.claims.signature%2B%2F%3D"),
        "{}",
        asked[0]
    );
}

#[tokio::test]
async fn an_endpoint_beside_the_container_is_asked_with_its_token() {
    let (kms, address) = AwsDouble::start().await;
    let given = json!({ "AccessKeyId": "ASIAC", "SecretAccessKey": "gZTE", "Token": "session-c", "Expiration": "2026-11-22T05:00:00Z" })
        .to_string();
    let endpoint = serve(move |request| {
        assert_eq!((request.header("authorization"), request.path.as_str()), ("pod-token", "/v1/credentials"));
        (StatusCode::OK, given.clone())
    })
    .await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "pod-token\n").unwrap();
    let container = json!({ "container": { "url": format!("{endpoint}/v1/credentials"), "token_file": token.path() } });
    keeper(config(&address, container)).wrap(b"one", b"secret").await.unwrap();
    assert_eq!(kms.seen.lock().unwrap()[0].1, "session-c");
}

#[tokio::test]
async fn refusals_say_who_has_to_do_what() {
    for (fault, status, due) in [
        ("AccessDeniedException", 400, "the key's policy"),
        ("com.amazonaws.kms#DisabledException", 400, "enable it"),
        ("KMSInvalidStateException", 400, "cancel its deletion"),
        ("NotFoundException", 400, "has no key `alias/assent`"),
        ("UnrecognizedClientException", 400, "does not know the credentials"),
        ("ExpiredTokenException", 400, "have expired"),
        ("InvalidCiphertextException", 400, "does not open"),
        ("ThrottlingException", 400, "asks us to wait"),
        ("", 503, "does not serve now"),
    ] {
        let body = json!({ "__type": fault }).to_string();
        let address = serve(move |_| (StatusCode::from_u16(status).unwrap(), body.clone())).await;
        let told = keeper(config(&address, json!("environment"))).open(b"one", b"blob").await.unwrap_err();
        assert!(told.to_string().contains(due) && told.to_string().contains(&address), "{fault}: {told}");
        assert_eq!(told.may_pass(), matches!(told, CustodyError::NotServing { .. }));
    }
}

#[test]
fn a_configuration_that_would_ask_somebody_unnamed_or_show_secrets_is_refused() {
    let of = |config: Value, aws| {
        let config: Config = serde_json::from_value(config).unwrap();
        let outside = assent_custody::Outside { aws, ..outside() };
        Keeper::of(&config, &outside).map(|_| ()).map_err(|error| error.to_string())
    };
    let none = || [None, None, None];
    assert!(of(config("https://kms.example.com", json!("environment")), none()).unwrap_err().contains("AWS_ACCESS_KEY_ID"));
    assert!(of(config("http://kms.example.com", json!("environment")), outside().aws).is_err());
    let container = |url: &str| of(config("https://kms.example.com", json!({ "container": { "url": url } })), none());
    for good in
        ["http://169.254.170.2/v2/credentials/a", "http://169.254.170.23/v1/credentials", "https://example.com/c", "http://127.0.0.1:80/c"]
    {
        container(good).unwrap();
    }
    for bad in ["http://169.254.169.254/latest", "http://example.com/c", "file:///etc/passwd"] {
        container(bad).unwrap_err();
    }
}
