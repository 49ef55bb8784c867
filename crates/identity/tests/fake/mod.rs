//! An identity provider on loopback that lies on demand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a fake that cannot answer has failed its test")]

pub(crate) mod keys;

use std::sync::{Arc, Mutex};

use assent_base::{Secret, Timestamp};
use assent_identity::oidc::{Callback, ClientAuth, Config, Limits, OidcError, Person, Provider, ReturnTo};
use assent_identity::opaque::Opaque;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use reqwest::Url;
use serde_json::{Value, json};

use keys::TestKey;

pub(crate) const CLIENT: &str = "assent";
pub(crate) const AUDIENCE: &str = "assent-api";

/// How an endpoint answers.
#[derive(Clone)]
pub(crate) enum Answer {
    Json(u16, Value),
    Bytes(Vec<u8>),
    Redirect(String),
    Never,
}

/// What the provider will say, and what it was asked.
pub(crate) struct World {
    pub(crate) discovery: Answer,
    pub(crate) keys: Answer,
    pub(crate) token: Answer,
    pub(crate) asked_discovery: usize,
    pub(crate) asked_keys: usize,
    pub(crate) asked_elsewhere: usize,
    pub(crate) token_requests: Vec<(Option<String>, String)>,
}

pub(crate) struct Fake {
    pub(crate) issuer: String,
    pub(crate) world: Arc<Mutex<World>>,
}

/// The instant of most tests.
pub(crate) fn now() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

impl Fake {
    /// Starts one that behaves, with these keys.
    pub(crate) async fn start(signing: &[&TestKey]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World {
            discovery: Answer::Json(200, discovery(&issuer)),
            keys: Answer::Json(200, key_set(signing)),
            token: Answer::Json(500, json!({})),
            asked_discovery: 0,
            asked_keys: 0,
            asked_elsewhere: 0,
            token_requests: Vec::new(),
        }));
        let shared = world.clone();
        let app = axum::Router::new().fallback(move |request: Request<Body>| answer(shared.clone(), request));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { issuer, world }
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            name: "Example".to_owned(),
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_auth: ClientAuth::Basic(Secret::new("s3cret".to_owned())),
            redirect_uri: "https://assent.example/api/v1/oidc/callback".to_owned(),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            groups_claim: "groups".to_owned(),
            api_audience: Some(AUDIENCE.to_owned()),
            hosts: Vec::new(),
            proxy: None,
            authorities_pem: Vec::new(),
            limits: Limits { answer_ms: 400, answer_bytes_max: 16 * 1024, ..Limits::default() },
        }
    }

    pub(crate) fn provider(&self) -> Provider {
        Provider::new(self.config()).unwrap()
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.world.lock().unwrap());
    }

    /// The claims of an ID token that is as it should be.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        let at = now().as_second();
        json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "ada-1", "nonce": nonce, "iat": at, "exp": at + 300,
            "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace", "groups": ["sre", "dev", "sre"],
        })
    }

    /// Signs somebody in with an ID token that `make` makes of the nonce.
    pub(crate) async fn sign_in(&self, provider: &Provider, make: impl FnOnce(&str) -> String) -> Result<Person, OidcError> {
        let begun = provider.begin(ReturnTo::start(), now()).await?;
        let sent = query(&begun.location);
        let token = make(&sent("nonce"));
        self.set(|world| world.token = tokens(&token));
        let callback = Callback::parse(&format!("code=c0de&state={}&iss={}", sent("state"), encoded(&self.issuer)))?;
        provider.finish(begun.flow, callback, &begun.cookie, now()).await
    }
}

pub(crate) fn tokens(id_token: &str) -> Answer {
    Answer::Json(200, json!({ "id_token": id_token, "token_type": "Bearer", "access_token": "unused", "expires_in": 300 }))
}

pub(crate) fn key_set(keys: &[&TestKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
}

pub(crate) fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The parameters of a URL.
pub(crate) fn query(url: &str) -> impl Fn(&str) -> String + use<> {
    let url = Url::parse(url).unwrap();
    move |name| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

pub(crate) fn encoded(text: &str) -> String {
    let mut url = Url::parse("http://x.invalid/").unwrap();
    url.query_pairs_mut().append_pair("v", text);
    url.query().unwrap().trim_start_matches("v=").to_owned()
}

pub(crate) fn another_cookie() -> Opaque {
    Opaque::draw().unwrap()
}

async fn answer(world: Arc<Mutex<World>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let authorization = header(request.headers(), "authorization");
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
    let answer = {
        let mut world = world.lock().unwrap();
        match path.as_str() {
            "/.well-known/openid-configuration" => {
                world.asked_discovery += 1;
                world.discovery.clone()
            }
            "/keys" => {
                world.asked_keys += 1;
                world.keys.clone()
            }
            "/token" => {
                world.token_requests.push((authorization, String::from_utf8(body.to_vec()).unwrap()));
                world.token.clone()
            }
            _ => {
                world.asked_elsewhere += 1;
                Answer::Json(404, json!({}))
            }
        }
    };
    match answer {
        Answer::Json(status, value) => respond(status, value.to_string().into_bytes()),
        Answer::Bytes(bytes) => respond(200, bytes),
        Answer::Redirect(location) => {
            Response::builder().status(StatusCode::FOUND).header("location", location).body(Body::empty()).unwrap()
        }
        Answer::Never => std::future::pending().await,
    }
}

fn respond(status: u16, bytes: Vec<u8>) -> Response<Body> {
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(bytes)).unwrap()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}
