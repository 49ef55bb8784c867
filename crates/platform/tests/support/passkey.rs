//! Passkeys by way of the API: a browser that asks, an authenticator in software that answers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::authenticator::{Ask, Authenticator, Signed};
use super::{Answer, House, Who};

/// Where the tests' browser is.
pub(crate) const ORIGIN: &str = "http://localhost";
pub(crate) const PARTY: &str = "localhost";

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("text")).expect("base64url")
}

/// Adds a passkey to the caller's account.
pub(crate) async fn add(house: &House, who: &Who, authenticator: &Authenticator, name: &str) -> Answer {
    let asked = begin(house, who).await;
    let ask = Ask::create(ORIGIN, PARTY, &decoded(&asked["challenge"]));
    house.call(who, "POST", "/api/v1/me/passkeys", Some(made(&asked, authenticator, &ask, name))).await
}

/// Asks for a challenge.
pub(crate) async fn begin(house: &House, who: &Who) -> Value {
    let asked = house.call(who, "POST", "/api/v1/me/passkeys/challenge", Some(json!({}))).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    asked.json()
}

/// The body that brings a new passkey.
pub(crate) fn made(asked: &Value, authenticator: &Authenticator, ask: &Ask, name: &str) -> Value {
    let (client_data, attestation) = authenticator.make(ask);
    json!({ "ticket": asked["ticket"], "name": name, "client_data": encoded(&client_data), "attestation": encoded(&attestation) })
}

/// The id by which authenticators know the caller's account.
pub(crate) async fn handle(house: &House, who: &Who) -> String {
    begin(house, who).await["user_id"].as_str().expect("text").to_owned()
}

/// Asks for a challenge to sign in.
pub(crate) async fn begin_sign_in(house: &House) -> Value {
    let asked = house.call(&Who::Nobody, "POST", "/api/v1/sign-in/passkey/challenge", Some(json!({}))).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    asked.json()
}

/// The body that signs in.
pub(crate) fn signed(asked: &Value, authenticator: &Authenticator, handle: &str, signed: &Signed) -> Value {
    json!({
        "ticket": asked["ticket"],
        "credential_id": encoded(&authenticator.id),
        "client_data": encoded(&signed.client_data),
        "authenticator_data": encoded(&signed.authenticator_data),
        "signature": encoded(&signed.signature),
        "user_handle": handle,
    })
}

/// Signs in, after a test has changed what is asked.
pub(crate) async fn sign_in_as(house: &House, authenticator: &Authenticator, handle: &str, change: impl FnOnce(Ask) -> Ask) -> Answer {
    let asked = begin_sign_in(house).await;
    let ask = change(Ask::get(ORIGIN, PARTY, &decoded(&asked["challenge"])));
    let body = signed(&asked, authenticator, handle, &authenticator.sign(&ask));
    house.call(&Who::Nobody, "POST", "/api/v1/sign-in/passkey", Some(body)).await
}

/// What a link is used with.
pub(crate) fn asking(token: &str, email: &str) -> Value {
    json!({ "token": token, "email": email, "name": "Ada" })
}

/// Uses a one-time link with a passkey, after a test has changed what is asked.
pub(crate) async fn set_up(house: &House, token: &str, email: &str, key: &Authenticator, change: impl FnOnce(Ask) -> Ask) -> Answer {
    let asked = house.call(&Who::Nobody, "POST", "/api/v1/set-up/passkey/challenge", Some(asking(token, email))).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let asked = asked.json();
    let ask = change(Ask::create(ORIGIN, PARTY, &decoded(&asked["challenge"])));
    let mut body = made(&asked, key, &ask, "unused");
    let fields = body.as_object_mut().unwrap();
    fields.remove("name");
    fields.extend(asking(token, email).as_object().unwrap().clone());
    fields.insert("passkey_name".to_owned(), json!("Laptop"));
    house.call(&Who::Nobody, "POST", "/api/v1/set-up/passkey", Some(body)).await
}
