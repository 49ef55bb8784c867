//! Calls whose bodies hold secrets. A [`Secret`] cannot be serialized, so each is written here, by name.

use assent_api::channels::{Channel, CreateChannel as NewChannel, PutTarget};
use assent_api::observer::Token;
use assent_api::operations::{CommandLineSignIn, CreateChannel, ExchangeKey, OpenShare, SetUp, SignIn};
use assent_api::sessions::SignedIn;
use assent_api::shares::Shared;
use assent_api::{Operation, sessions};
use assent_base::Secret;
use reqwest::Response;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::client::{Client, Extra};
use crate::config::Auth;
use crate::error::CallError;

impl Client {
    /// Signs in, and gives the session to go on with: [`Client::with_auth`].
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn sign_in(&self, email: &str, password: &Secret) -> Result<(SignedIn, Auth), CallError> {
        let response = self.send_secret::<SignIn>(&json!({ "email": email, "password": password.expose() })).await?;
        self.session(response, SignIn::STATUS).await
    }

    /// Uses a one-time link, and gives the session to go on with.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn set_up(&self, set_up: &sessions::SetUp) -> Result<(SignedIn, Auth), CallError> {
        let sessions::SetUp { token, email, name, password } = set_up;
        let body = json!({ "token": token.expose(), "email": email, "name": name, "password": password.expose() });
        let response = self.send_secret::<SetUp>(&body).await?;
        self.session(response, SetUp::STATUS).await
    }

    /// Signs in with the code that somebody allowed in a browser, and gives the session to go on with.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn command_line_sign_in(&self, code: &Secret, verifier: &Secret) -> Result<(SignedIn, Auth), CallError> {
        let response = self.send_secret::<CommandLineSignIn>(&json!({ "code": code.expose(), "verifier": verifier.expose() })).await?;
        self.session(response, CommandLineSignIn::STATUS).await
    }

    /// Exchanges an observer's key for a token.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn exchange_key(&self, key: &Secret) -> Result<Token, CallError> {
        let response = self.send_secret::<ExchangeKey>(&json!({ "key": key.expose() })).await?;
        self.answer(response, ExchangeKey::STATUS).await
    }

    /// Opens a link to a report.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn open_share(&self, token: &Secret) -> Result<Shared, CallError> {
        let response = self.send_secret::<OpenShare>(&json!({ "token": token.expose() })).await?;
        self.answer(response, OpenShare::STATUS).await
    }

    /// Opens a way out for notifications.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn create_channel(&self, channel: &NewChannel) -> Result<Channel, CallError> {
        let target = match &channel.target {
            PutTarget::Slack { url } => json!({ "type": "slack", "url": url.expose() }),
            PutTarget::Teams { url } => json!({ "type": "teams", "url": url.expose() }),
            PutTarget::Webhook { url, key } => json!({ "type": "webhook", "url": url.expose(), "key": key.expose() }),
            PutTarget::Email { to } => json!({ "type": "email", "to": to }),
        };
        let body = json!({ "name": channel.name, "target": target, "rules": channel.rules });
        let response = self.send_secret::<CreateChannel>(&body).await?;
        self.answer(response, CreateChannel::STATUS).await
    }

    async fn send_secret<O: Operation>(&self, body: &Value) -> Result<Response, CallError> {
        self.send(O::METHOD, O::PATH, body.to_string().into_bytes(), &Extra::default()).await
    }

    async fn session(&self, response: Response, status: u16) -> Result<(SignedIn, Auth), CallError> {
        let cookie = response.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|value| value.split(';').next()).map(|pair| Secret::new(pair.to_owned()));
        let signed_in: SignedIn = self.answer(response, status).await?;
        let cookie = cookie.ok_or_else(|| CallError::BadAnswer { status, why: "it sets no session".to_owned() })?;
        let auth = Auth::Session { cookie, csrf: Secret::new(signed_in.csrf_token.clone()) };
        Ok((signed_in, auth))
    }
}
