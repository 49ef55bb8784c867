//! Tokens that are almost right: only one that is wholly right signs anybody in.

#![expect(clippy::unwrap_used, reason = "a sign-in that should work and does not has failed its test")]

use crate::fake::keys::{ed, hs256, p256, p384, rsa_key, with_signature};
use crate::fake::{AUDIENCE, Answer, CLIENT, Fake, after, key_set, now};
use assent_identity::oidc::{OidcError, Person, Provider, Refused};
use serde_json::{Value, json};

#[tokio::test]
async fn every_allowed_algorithm_signs_somebody_in() {
    let (small, large, edwards) = (p256("small"), p384("large"), ed("edwards"));
    let fake = Fake::start(&[rsa_key(), &small, &large, &edwards]).await;
    let provider = fake.provider();
    for (key, algorithm) in [(rsa_key(), "RS256"), (rsa_key(), "PS256"), (&small, "ES256"), (&large, "ES384"), (&edwards, "EdDSA")] {
        let person = fake.sign_in(&provider, |nonce| key.sign(algorithm, &fake.claims(nonce))).await;
        let expected = Person {
            issuer: fake.issuer.clone(),
            subject: "ada-1".to_owned(),
            email: Some("ada@example.org".to_owned()),
            email_verified: true,
            name: Some("Ada Lovelace".to_owned()),
            groups: vec!["dev".to_owned(), "sre".to_owned()],
        };
        assert_eq!(person, Ok(expected), "{algorithm}");
    }
}

#[tokio::test]
async fn a_token_does_not_choose_how_it_is_checked() {
    let key = p256("k");
    let fake = Fake::start(&[rsa_key(), &key]).await;
    let provider = fake.provider();
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "k" });
        let result = fake.sign_in(&provider, |nonce| with_signature(&header, &fake.claims(nonce), b"")).await;
        assert!(matches!(result, Err(OidcError::Refused(Refused::Algorithm | Refused::NotAToken))), "{algorithm}: {result:?}");
    }
    for (of, secret) in [rsa_key(), &key].into_iter().flat_map(|key| key.public_bytes().into_iter().map(move |bytes| (key, bytes))) {
        let result = fake.sign_in(&provider, |nonce| hs256(of.kid, &fake.claims(nonce), &secret)).await;
        assert_eq!(result, refused(Refused::Algorithm), "the public key as a shared secret");
    }
    let result = fake.sign_in(&provider, |nonce| rsa_key().sign("RS512", &fake.claims(nonce))).await;
    assert_eq!(result, refused(Refused::Algorithm));
    // The header says RSA, the key of that name is not.
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "k" });
    let result = fake.sign_in(&provider, |nonce| rsa_key().sign_with(&header, &fake.claims(nonce))).await;
    assert_eq!(result, refused(Refused::UnknownKey));
}

#[tokio::test]
async fn a_token_brings_no_key_of_its_own() {
    let (key, stranger) = (p256("k"), p256("k"));
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let header = json!({
        "alg": "ES256", "typ": "JWT", "kid": "k", "jwk": stranger.jwk(),
        "jku": format!("{}/evil", fake.issuer), "x5u": format!("{}/evil", fake.issuer),
    });
    let result = fake.sign_in(&provider, |nonce| stranger.sign_with(&header, &fake.claims(nonce))).await;
    assert_eq!(result, refused(Refused::Signature));
    assert_eq!(fake.world.lock().unwrap().asked_elsewhere, 0);
    let critical = json!({ "alg": "ES256", "typ": "JWT", "kid": "k", "crit": ["exp"] });
    let result = fake.sign_in(&provider, |nonce| key.sign_with(&critical, &fake.claims(nonce))).await;
    assert_eq!(result, refused(Refused::NotAToken));
    let logout = json!({ "alg": "ES256", "typ": "logout+jwt", "kid": "k" });
    let result = fake.sign_in(&provider, |nonce| key.sign_with(&logout, &fake.claims(nonce))).await;
    assert_eq!(result, refused(Refused::NotAToken));
}

#[tokio::test]
async fn a_changed_token_is_noticed() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let result = fake
        .sign_in(&provider, |nonce| {
            let (ours, theirs) = (key.sign("ES256", &fake.claims(nonce)), key.sign("ES256", &json!({ "sub": "eve" })));
            let (head, signature) = ours.rsplit_once('.').unwrap();
            let payload = theirs.split('.').nth(1).unwrap();
            format!("{}.{payload}.{signature}", head.split('.').next().unwrap())
        })
        .await;
    assert_eq!(result, refused(Refused::Signature));
    for broken in ["", ".", "..", "a.b.c", "a.b.c.d", "é"] {
        let result = fake.sign_in(&provider, |_| broken.to_owned()).await;
        assert_eq!(result, refused(Refused::NotAToken), "{broken}");
    }
}

#[tokio::test]
async fn every_claim_must_be_right() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let at = now().as_second();
    let other = assent_identity::opaque::Opaque::draw().unwrap().text().expose().to_owned();
    let wrong: Vec<(&str, Value, Refused)> = vec![
        ("iss", json!("https://other.example"), Refused::Issuer),
        ("iss", json!(format!("{}/", fake.issuer)), Refused::Issuer),
        ("iss", Value::Null, Refused::Issuer),
        ("aud", json!("another"), Refused::Audience),
        ("aud", json!([]), Refused::Audience),
        ("aud", json!([CLIENT, 7]), Refused::Audience),
        ("aud", json!({ "a": CLIENT }), Refused::Audience),
        ("aud", Value::Null, Refused::Audience),
        ("aud", json!([CLIENT, "another"]), Refused::AuthorizedParty),
        ("azp", json!("another"), Refused::AuthorizedParty),
        ("azp", json!(7), Refused::AuthorizedParty),
        ("nonce", json!(other), Refused::Nonce),
        ("nonce", json!(""), Refused::Nonce),
        ("nonce", Value::Null, Refused::Nonce),
        ("exp", json!(at - 60), Refused::Expired),
        ("exp", json!("soon"), Refused::NotAToken),
        ("exp", Value::Null, Refused::NotAToken),
        ("iat", json!(at + 61), Refused::NotYet),
        ("iat", json!(at - 700), Refused::TooOld),
        ("nbf", json!(at + 61), Refused::NotYet),
        ("sub", json!(""), Refused::Subject),
        ("sub", json!(7), Refused::Subject),
        ("sub", json!("a".repeat(256)), Refused::Subject),
        ("groups", json!({ "sre": true }), Refused::Groups),
        ("groups", json!(["sre", 7]), Refused::Groups),
        ("groups", json!([""]), Refused::Groups),
        ("groups", json!(["a".repeat(300)]), Refused::Groups),
        ("groups", json!(vec!["a"; 1_001]), Refused::Groups),
    ];
    for (name, value, why) in wrong {
        let result = fake.sign_in(&provider, |nonce| key.sign("ES256", &with(fake.claims(nonce), name, value.clone()))).await;
        assert_eq!(result, refused(why), "{name} = {value}");
    }
    for (name, why) in [
        ("iss", Refused::Issuer),
        ("aud", Refused::Audience),
        ("nonce", Refused::Nonce),
        ("exp", Refused::Expired),
        ("iat", Refused::NotYet),
        ("sub", Refused::Subject),
    ] {
        let result = fake.sign_in(&provider, |nonce| key.sign("ES256", &without(fake.claims(nonce), name))).await;
        assert_eq!(result, refused(why), "no {name}");
    }
}

#[tokio::test]
async fn what_is_allowed_is_taken() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let at = now().as_second();
    let right: Vec<(&str, Value)> = vec![
        ("aud", json!([CLIENT])),
        ("azp", json!(CLIENT)),
        ("exp", json!(at - 59)),
        ("exp", json!(at as f64 + 0.5)),
        ("iat", json!(at + 60)),
        ("nbf", json!(at + 60)),
        ("groups", json!("sre")),
        ("groups", json!([])),
        ("email", json!("a".repeat(400))),
        ("email", json!(7)),
    ];
    for (name, value) in right {
        let result = fake.sign_in(&provider, |nonce| key.sign("ES256", &with(fake.claims(nonce), name, value.clone()))).await;
        assert!(result.is_ok(), "{name} = {value}: {result:?}");
    }
    let two = |nonce: &str| with(with(fake.claims(nonce), "aud", json!([CLIENT, "another"])), "azp", json!(CLIENT));
    assert!(fake.sign_in(&provider, |nonce| key.sign("ES256", &two(nonce))).await.is_ok());
    let unverified = fake.sign_in(&provider, |nonce| key.sign("ES256", &with(fake.claims(nonce), "email_verified", json!("true")))).await;
    assert!(!unverified.unwrap().email_verified, "text is no yes");
}

#[tokio::test]
async fn machines_present_tokens_for_the_api_and_for_nothing_else() {
    let key = p256("k");
    let fake = Fake::start(&[&key]).await;
    let provider = fake.provider();
    let for_api = with(fake.claims("x"), "aud", json!(AUDIENCE));
    assert_eq!(bearer(&provider, &key.sign("ES256", &for_api)).await.unwrap().subject, "ada-1");
    let access = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" });
    assert!(bearer(&provider, &key.sign_with(&access, &for_api)).await.is_ok());

    assert_eq!(bearer(&provider, &key.sign("ES256", &fake.claims("x"))).await, refused(Refused::Audience), "an ID token");
    let logout = json!({ "alg": "ES256", "typ": "logout+jwt", "kid": "k" });
    assert_eq!(bearer(&provider, &key.sign_with(&logout, &for_api)).await, refused(Refused::NotAToken));
    let expired = with(for_api.clone(), "exp", json!(now().as_second() - 60));
    assert_eq!(bearer(&provider, &key.sign("ES256", &expired)).await, refused(Refused::Expired));
    assert_eq!(bearer(&provider, &key.sign("ES256", &without(for_api.clone(), "exp"))).await, refused(Refused::Expired));
    assert_eq!(bearer(&provider, &"a".repeat(20_000)).await, refused(Refused::NotAToken));
    assert_eq!(bearer(&provider, &p256("k").sign("ES256", &for_api)).await, refused(Refused::Signature));

    let closed = Provider::new(assent_identity::oidc::Config { api_audience: None, ..fake.config() }).unwrap();
    assert_eq!(bearer(&closed, &key.sign("ES256", &for_api)).await, refused(Refused::NoBearer));
}

#[tokio::test]
async fn keys_rotate_and_unknown_ones_are_looked_for_once_a_minute() {
    let (old, new, made_up) = (p256("old"), p256("new"), p256("made-up"));
    let fake = Fake::start(&[&old]).await;
    let provider = fake.provider();
    let claims = with(with(fake.claims("x"), "aud", json!(AUDIENCE)), "exp", json!(now().as_second() + 90_000));
    let (by_old, by_new, by_made_up) = (old.sign("ES256", &claims), new.sign("ES256", &claims), made_up.sign("ES256", &claims));
    let asked = || fake.world.lock().unwrap().asked_keys;

    assert!(provider.bearer(&by_old, now()).await.is_ok());
    fake.set(|world| world.keys = Answer::Json(200, key_set(&[&old, &new])));
    assert_eq!(provider.bearer(&by_new, after(59)).await, refused(Refused::UnknownKey), "too soon to look again");
    assert_eq!(asked(), 1);
    assert!(provider.bearer(&by_new, after(60)).await.is_ok());
    assert_eq!(asked(), 2);
    for second in 61..120 {
        assert_eq!(provider.bearer(&by_made_up, after(second)).await, refused(Refused::UnknownKey));
    }
    assert_eq!(asked(), 2, "made-up names do not keep the provider busy");

    fake.set(|world| world.keys = Answer::Json(200, key_set(&[&new])));
    assert!(provider.bearer(&by_old, after(3_659)).await.is_ok(), "kept for an hour");
    assert_eq!(provider.bearer(&by_old, after(3_660)).await, refused(Refused::UnknownKey), "withdrawn by the provider");
    fake.set(|world| world.keys = Answer::Json(503, json!({})));
    assert_eq!(provider.bearer(&by_new, after(7_300)).await, Err(OidcError::Unreachable("key set")), "too old to be believed");
}

#[tokio::test]
async fn whoever_signs_in_right_after_the_keys_have_changed_gets_in() {
    let (old, new, newer) = (p256("old"), p256("new"), p256("newer"));
    let fake = Fake::start(&[&old]).await;
    let provider = fake.provider();
    assert!(fake.sign_in(&provider, |nonce| old.sign("ES256", &fake.claims(nonce))).await.is_ok());
    for key in [&new, &newer] {
        fake.set(|world| world.keys = Answer::Json(200, key_set(&[key])));
        assert!(fake.sign_in(&provider, |nonce| key.sign("ES256", &fake.claims(nonce))).await.is_ok(), "at the same instant");
    }
    let stranger = p256("stranger");
    let result = fake.sign_in(&provider, |nonce| stranger.sign("ES256", &fake.claims(nonce))).await;
    assert_eq!(result, refused(Refused::UnknownKey));
}

#[tokio::test]
async fn keys_that_fit_twice_or_not_at_all_are_none() {
    let (one, other) = (p256("k"), p256("k"));
    let fake = Fake::start(&[&one, &other]).await;
    let claims = with(fake.claims("x"), "aud", json!(AUDIENCE));
    assert_eq!(bearer(&fake.provider(), &one.sign("ES256", &claims)).await, refused(Refused::UnknownKey), "two of one name");

    let mut for_encryption = one.jwk();
    for_encryption["use"] = json!("enc");
    let mut of_another_algorithm = one.jwk();
    of_another_algorithm["alg"] = json!("ES384");
    for keys in [vec![for_encryption], vec![of_another_algorithm], vec![json!({ "kty": "oct", "kid": "k", "k": "c2VjcmV0" })], vec![]] {
        fake.set(|world| world.keys = Answer::Json(200, json!({ "keys": keys })));
        assert_eq!(bearer(&fake.provider(), &one.sign("ES256", &claims)).await, refused(Refused::UnknownKey));
    }
    // A key of a kind to come does not make the others useless.
    fake.set(|world| world.keys = Answer::Json(200, json!({ "keys": [{ "kty": "LATTICE", "kid": "l" }, "?", one.jwk()] })));
    assert!(bearer(&fake.provider(), &one.sign("ES256", &claims)).await.is_ok());
}

async fn bearer(provider: &Provider, token: &str) -> Result<Person, OidcError> {
    provider.bearer(token, now()).await
}

fn refused(why: Refused) -> Result<Person, OidcError> {
    Err(OidcError::Refused(why))
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims.as_object_mut().unwrap().insert(name.to_owned(), value);
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}
