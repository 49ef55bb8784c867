//! The way to the provider and back: one browser, one provider, once, in time; and a provider that misbehaves signs nobody in.

#![expect(clippy::unwrap_used, reason = "a sign-in that should work and does not has failed its test")]

use crate::fake::keys::p256;
use crate::fake::{Answer, Fake, after, another_cookie, discovery, encoded, now, query, tokens};
use assent_base::Secret;
use assent_identity::oidc::{BadConfig, Callback, ClientAuth, Config, Flow, OidcError, Person, Provider, Refused, ReturnTo};
use assent_identity::opaque::Opaque;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

#[tokio::test]
async fn the_browser_leaves_with_a_challenge_and_the_exchange_has_its_verifier() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let mut location = String::new();
    let begun = provider.begin("/incidents".parse().unwrap(), now()).await.unwrap();
    location.push_str(&begun.location);
    let sent = query(&location);
    assert!(location.starts_with(&format!("{}/authorize?", fake.issuer)));
    assert_eq!((sent("response_type").as_str(), sent("client_id").as_str()), ("code", "assent"));
    assert_eq!((sent("scope").as_str(), sent("code_challenge_method").as_str()), ("openid profile email", "S256"));
    assert_eq!(sent("redirect_uri"), "https://assent.example/api/v1/oidc/callback");
    assert_eq!(begun.flow.return_to.as_str(), "/incidents");

    fake.set(|world| world.token = tokens(&key.sign("ES256", &fake.claims(&sent("nonce")))));
    assert!(back(&fake, &provider, begun.flow, &begun.cookie, &sent("state")).await.is_ok());
    let (authorization, body) = fake.world.lock().unwrap().token_requests[0].clone();
    let form = query(&format!("http://x.invalid/?{body}"));
    let verifier = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form("code_verifier").as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(verifier), sent("code_challenge"));
    assert_eq!((form("grant_type").as_str(), form("code").as_str()), ("authorization_code", "c0de"));
    assert_eq!(form("redirect_uri"), sent("redirect_uri"));
    assert_eq!(authorization, Some(format!("Basic {}", STANDARD.encode("assent:s3cret"))));
    assert!(!body.contains("s3cret"));
}

#[tokio::test]
async fn the_client_proves_itself_as_configured() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    for (client_auth, in_body) in [
        (ClientAuth::Post(Secret::new("s3cret".to_owned())), "client_id=assent&client_secret=s3cret"),
        (ClientAuth::Public, "client_id=assent"),
    ] {
        let provider = Provider::new(Config { client_auth, ..fake.config() }).unwrap();
        assert!(fake.sign_in(&provider, |nonce| key.sign("ES256", &fake.claims(nonce))).await.is_ok());
        let (authorization, body) = fake.world.lock().unwrap().token_requests.pop().unwrap();
        assert_eq!(authorization, None);
        assert!(body.ends_with(in_body), "{body}");
    }
}

#[tokio::test]
async fn no_two_sign_ins_share_anything() {
    let fake = Fake::start(&[]).await;
    let provider = fake.provider();
    let (one, other) = (begin(&provider).await, begin(&provider).await);
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(query(&one.location)(name), query(&other.location)(name), "{name}");
    }
    assert_ne!(one.flow.cookie, other.flow.cookie);
    assert_eq!(fake.world.lock().unwrap().asked_discovery, 1, "what the provider says about itself is kept");
}

#[tokio::test]
async fn a_wrong_state_browser_issuer_or_time_is_refused_before_the_code_is_spent() {
    let fake = Fake::start(&[]).await;
    let provider = fake.provider();
    let finish = async |begun: assent_identity::oidc::Begun, query: String, cookie: Opaque, at| {
        provider.finish(begun.flow, Callback::parse(&query).unwrap(), &cookie, at).await
    };
    let old_state = query(&begin(&provider).await.location)("state");
    let iss = encoded(&fake.issuer);

    let begun = begin(&provider).await;
    let cookie = begun.cookie.clone();
    assert_eq!(finish(begun, format!("code=c&state={old_state}&iss={iss}"), cookie, now()).await, refused(Refused::State), "replayed");
    let begun = begin(&provider).await;
    let cookie = begun.cookie.clone();
    assert_eq!(finish(begun, format!("code=c&state=guess&iss={iss}"), cookie, now()).await, refused(Refused::State));

    let begun = begin(&provider).await;
    let state = query(&begun.location)("state");
    assert_eq!(finish(begun, format!("code=c&state={state}&iss={iss}"), another_cookie(), now()).await, refused(Refused::Browser));

    for (issuer, why) in [("&iss=https%3A%2F%2Fevil.example", "of another provider"), ("", "not named, though it always is")] {
        let begun = begin(&provider).await;
        let (state, cookie) = (query(&begun.location)("state"), begun.cookie.clone());
        assert_eq!(finish(begun, format!("code=c&state={state}{issuer}"), cookie, now()).await, refused(Refused::Issuer), "{why}");
    }

    let begun = begin(&provider).await;
    let (state, cookie) = (query(&begun.location)("state"), begun.cookie.clone());
    assert_eq!(finish(begun, format!("code=c&state={state}&iss={iss}"), cookie, after(600)).await, refused(Refused::FlowOver));

    let elsewhere = Fake::start(&[]).await;
    let begun = begin(&elsewhere.provider()).await;
    let (state, cookie) = (query(&begun.location)("state"), begun.cookie.clone());
    assert_eq!(finish(begun, format!("code=c&state={state}&iss={iss}"), cookie, now()).await, refused(Refused::Issuer), "mix-up");

    assert!(fake.world.lock().unwrap().token_requests.is_empty());
}

#[tokio::test]
async fn what_is_kept_of_a_sign_in_reads_back_and_does_not_print() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let begun = begin(&provider).await;
    let kept = serde_json::to_string(&begun.flow).unwrap();
    let sent = query(&begun.location);
    for secret in [sent("state"), sent("nonce"), begun.cookie.text().expose().to_owned()] {
        assert!(!kept.contains(&secret), "only hashes are kept");
    }
    assert!(format!("{:?}", begun.flow).contains("[redacted]"));
    fake.set(|world| world.token = tokens(&key.sign("ES256", &fake.claims(&sent("nonce")))));
    let flow: Flow = serde_json::from_str(&kept).unwrap();
    assert!(back(&fake, &provider, flow, &begun.cookie, &sent("state")).await.is_ok());
}

#[tokio::test]
async fn a_no_of_the_provider_is_told_as_such() {
    let fake = Fake::start(&[]).await;
    let provider = fake.provider();
    for (error, told) in [("access_denied", "access_denied"), ("%3Cscript%3E", "unreadable")] {
        let begun = begin(&provider).await;
        let sent = query(&begun.location);
        let callback = Callback::parse(&format!("error={error}&state={}&iss={}", sent("state"), encoded(&fake.issuer))).unwrap();
        let result = provider.finish(begun.flow, callback, &begun.cookie, now()).await;
        assert_eq!(result, Err(OidcError::Denied(told.to_owned())));
    }
    let begun = begin(&provider).await;
    let state = query(&begun.location)("state");
    fake.set(|world| world.token = Answer::Json(400, json!({ "error": "invalid_grant" })));
    let result = back(&fake, &provider, begun.flow, &begun.cookie, &state).await;
    assert_eq!(result, Err(OidcError::Denied("invalid_grant".to_owned())), "a code that was used before");
}

#[tokio::test]
async fn a_document_that_does_not_fit_begins_nothing() {
    let fake = Fake::start(&[]).await;
    let at = &fake.issuer;
    for (field, value) in [
        ("issuer", json!("https://other.example")),
        ("issuer", json!(format!("{at}/"))),
        ("token_endpoint", json!("http://198.51.100.7/token")),
        ("token_endpoint", json!("https://elsewhere.example/token")),
        ("jwks_uri", json!("https://elsewhere.example/keys")),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("authorization_endpoint", json!("http://id.example/authorize")),
        ("code_challenge_methods_supported", json!(["plain"])),
        ("code_challenge_methods_supported", json!([])),
        ("token_endpoint", json!(null)),
    ] {
        let mut document = discovery(at);
        document[field] = value.clone();
        fake.set(|world| world.discovery = Answer::Json(200, document));
        let result = fake.provider().begin(ReturnTo::start(), now()).await;
        assert!(matches!(result, Err(OidcError::BadAnswer("discovery document", _))), "{field} = {value}: {result:?}");
    }
    // The same endpoint, named by the configuration.
    let mut document = discovery(at);
    document["token_endpoint"] = json!("https://elsewhere.example/token");
    fake.set(|world| world.discovery = Answer::Json(200, document));
    let provider = Provider::new(Config { hosts: vec!["elsewhere.example".to_owned()], ..fake.config() }).unwrap();
    assert!(provider.begin(ReturnTo::start(), now()).await.is_ok());
}

#[tokio::test]
async fn redirects_floods_silence_and_nonsense_sign_nobody_in() {
    let key = p256("k");
    let flood = Answer::Bytes(vec![b' '; 17 * 1024]);
    for answer in
        [Answer::Redirect("/elsewhere".to_owned()), flood, Answer::Never, Answer::Bytes(b"<html>".to_vec()), Answer::Json(503, json!({}))]
    {
        let fake = Fake::start(&[&key]).await;
        fake.set(|world| world.discovery = answer.clone());
        assert!(failed(fake.provider().begin(ReturnTo::start(), now()).await.map(drop)), "discovery");

        let fake = Fake::start(&[&key]).await;
        fake.set(|world| world.keys = answer.clone());
        let result = fake.sign_in(&fake.provider(), |nonce| key.sign("ES256", &fake.claims(nonce))).await;
        assert!(failed(result.map(drop)), "keys");
        assert_eq!(fake.world.lock().unwrap().asked_elsewhere, 0);

        let fake = Fake::start(&[&key]).await;
        let provider = fake.provider();
        let begun = begin(&provider).await;
        let state = query(&begun.location)("state");
        fake.set(|world| world.token = answer.clone());
        assert!(failed(back(&fake, &provider, begun.flow, &begun.cookie, &state).await.map(drop)), "tokens");
        assert_eq!(fake.world.lock().unwrap().asked_elsewhere, 0, "redirects are not followed");
    }
}

#[tokio::test]
async fn a_provider_that_comes_back_is_asked_again() {
    let fake = Fake::start(&[]).await;
    let provider = fake.provider();
    fake.set(|world| world.discovery = Answer::Json(503, json!({})));
    assert_eq!(provider.begin(ReturnTo::start(), now()).await.map(drop), Err(OidcError::Unreachable("discovery document")));
    fake.set(|world| world.discovery = Answer::Json(200, discovery(&fake.issuer)));
    assert!(provider.begin(ReturnTo::start(), now()).await.is_ok());
}

#[tokio::test]
async fn a_configuration_that_would_be_unsafe_is_none() {
    let fake = Fake::start(&[]).await;
    let faulty = |change: fn(&mut Config)| {
        let mut config = fake.config();
        change(&mut config);
        Provider::new(config).map(drop).unwrap_err()
    };
    assert!(matches!(faulty(|config| config.issuer = "http://id.example".to_owned()), BadConfig::Url(_)));
    assert!(matches!(faulty(|config| config.issuer = "https://id.example?x=y".to_owned()), BadConfig::Url(_)));
    assert!(matches!(faulty(|config| config.redirect_uri = "http://assent.example/cb".to_owned()), BadConfig::Url(_)));
    assert_eq!(faulty(|config| config.client_id.clear()), BadConfig::Empty("client_id"));
    assert_eq!(faulty(|config| config.api_audience = Some("assent".to_owned())), BadConfig::AudienceIsClient);
    assert_eq!(faulty(|config| config.limits.skew_s = 301), BadConfig::Skew(300));
    assert!(matches!(
        faulty(|config| config.authorities_pem = vec![b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----".to_vec()]),
        BadConfig::Client(_, _)
    ));
}

async fn begin(provider: &Provider) -> assent_identity::oidc::Begun {
    provider.begin(ReturnTo::start(), now()).await.unwrap()
}

async fn back(fake: &Fake, provider: &Provider, flow: Flow, cookie: &Opaque, state: &str) -> Result<Person, OidcError> {
    let callback = Callback::parse(&format!("code=c0de&state={state}&iss={}", encoded(&fake.issuer))).unwrap();
    provider.finish(flow, callback, cookie, now()).await
}

fn failed(result: Result<(), OidcError>) -> bool {
    matches!(result, Err(OidcError::Unreachable(_) | OidcError::BadAnswer(_, _)))
}

fn refused(why: Refused) -> Result<Person, OidcError> {
    Err(OidcError::Refused(why))
}
