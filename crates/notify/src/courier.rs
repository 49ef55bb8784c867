//! Takes one message to one channel, once.

use std::time::Duration;

use assent_base::{Secret, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use reqwest::{Certificate, Client, Response, StatusCode, Url, redirect};
use serde_json::Value;

use crate::address::{Address, BadAddress, endpoint, recipients};
use crate::config::{ANSWER_BYTES_MAX, BadConfig, Config, Host};
use crate::email::Mailer;
use crate::format::{mail, slack, teams, webhook};
use crate::notice::Message;
use crate::site::Site;
use crate::text::{ANSWER_CHARS_MAX, line};

/// The header that bears the signature of a webhook.
pub const SIGNATURE_HEADER: &str = "assent-signature";
/// The header that bears the id of a message, the same at every attempt.
const DELIVERY_HEADER: &str = "assent-delivery";
/// Who we say we are.
const AGENT: &str = concat!("assent/", env!("CARGO_PKG_VERSION"));

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The configuration does not let the channel be used. Nothing was contacted.
    #[error("{0}")]
    Refused(#[from] BadAddress),
    /// The receiver does not want it, and will not want it later.
    #[error("{why}")]
    Rejected {
        /// Why, partly in its words.
        why: String,
    },
    /// No answer, or none yet: to be tried again. It may have arrived.
    #[error("{why}")]
    Later {
        /// Why, partly in its words.
        why: String,
        /// Seconds that the receiver asks us to wait.
        wait_s: Option<u64>,
    },
}

/// Takes messages to channels, within what the configuration names.
#[derive(Debug)]
pub struct Courier {
    config: Config,
    hosts: Vec<Host>,
    site: Option<Site>,
    http: Client,
    mailer: Option<Mailer>,
}

impl Courier {
    /// Reads the configuration. `site` is where links lead; without it, messages have none.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn new(config: Config, site: Option<Site>) -> Result<Self, BadConfig> {
        let hosts = config.check()?;
        // One provider of cryptography for the process. That it is installed already is no error.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mailer = config.smtp.as_ref().map(|smtp| Mailer::new(smtp, &config)).transpose()?;
        Ok(Self { hosts, site, http: client(&config)?, mailer, config })
    }

    /// Whether the configuration lets a channel be used.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self, address: &Address) -> Result<(), BadAddress> {
        address.check(&self.config, &self.hosts)
    }

    /// Whether any channel can be used at all.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.hosts.is_empty() && self.mailer.is_none()
    }

    /// Takes a message there, once. `id` is the same when it is tried again.
    ///
    /// # Errors
    /// When it was not taken.
    pub async fn send(&self, address: &Address, id: &str, message: Message<'_>, now: Timestamp) -> Result<(), SendError> {
        self.check(address)?;
        let site = self.site.as_ref();
        match address {
            Address::Slack(url) => self.post(url, id, &slack::body(message, site), None).await,
            Address::Teams(url) => self.post(url, id, &teams::body(message, site), None).await,
            Address::Webhook { url, key } => self.post(url, id, &webhook::body(id, message, site), Some((key, now))).await,
            Address::Email(to) => {
                let to = recipients(to, &self.config)?;
                let mailer = self.mailer.as_ref().ok_or(BadAddress::NoMail)?;
                let (subject, text) = mail::subject_and_text(message, site);
                mailer.send(id, to, subject, text).await
            }
        }
    }

    async fn post(&self, url: &Secret, id: &str, body: &Value, sign: Option<(&Secret, Timestamp)>) -> Result<(), SendError> {
        let url = endpoint(url, &self.hosts)?;
        let body = body.to_string().into_bytes();
        let mut request = self.http.post(url).header(CONTENT_TYPE, "application/json").header(USER_AGENT, AGENT);
        if let Some((key, at)) = sign {
            request = request.header(DELIVERY_HEADER, id).header(SIGNATURE_HEADER, webhook::signature(key, at, &body));
        }
        let response = request.body(body).send().await.map_err(|error| unanswered(&error))?;
        judge(response).await
    }
}

fn client(config: &Config) -> Result<Client, BadConfig> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_millis(config.connect_ms))
        .timeout(Duration::from_millis(config.answer_ms));
    if let Some(proxy) = &config.proxy {
        let target = Url::parse(&proxy.url).map_err(|fault| BadConfig::Client("proxy", fault.to_string()))?;
        let proxy = proxy.clone();
        builder = builder.proxy(reqwest::Proxy::custom(move |url| {
            let served = proxy.serves(url.host_str()?, url.port_or_known_default()?);
            served.then(|| target.clone())
        }));
    }
    for pem in &config.authorities_pem {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|fault| BadConfig::Client("authorities_pem", fault.to_string()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|fault| BadConfig::Client("client", fault.to_string()))
}

/// What the answer means.
async fn judge(response: Response) -> Result<(), SendError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let wait_s = wait_s(response.headers());
    let words = words(response).await;
    let mut why = format!("the receiver answered {}", status.as_u16());
    if status.is_redirection() {
        why.push_str(", and redirects are not followed");
    } else if !words.is_empty() {
        why.push_str(": ");
        why.push_str(&words);
    }
    let later =
        status.is_server_error() || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    Err(if later { SendError::Later { why, wait_s } } else { SendError::Rejected { why } })
}

/// The beginning of an answer, on one line. What is beyond the bound is not read.
async fn words(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ANSWER_BYTES_MAX.saturating_sub(bytes.len());
        bytes.extend(chunk.iter().take(room));
        if bytes.len() >= ANSWER_BYTES_MAX {
            break;
        }
    }
    line(&String::from_utf8_lossy(&bytes), ANSWER_CHARS_MAX)
}

fn wait_s(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// Never with the URL, which is a secret.
fn unanswered(error: &reqwest::Error) -> SendError {
    let why = if error.is_timeout() {
        "the receiver took too long"
    } else if error.is_connect() {
        "the receiver cannot be reached"
    } else {
        "the receiver broke off"
    };
    SendError::Later { why: why.to_owned(), wait_s: None }
}
