//! One question to a keeper and its answer, with every bound that it needs.

use std::time::Duration;

use assent_base::{Secret, Timestamp};
use reqwest::{Certificate, Client, NoProxy, RequestBuilder, StatusCode, redirect};
use zeroize::Zeroizing;

use crate::error::{BadConfig, CustodyError};

/// Milliseconds until a connection stands.
pub const CONNECT_MS: u64 = 5_000;
/// Milliseconds until an answer is there, whole.
pub const ANSWER_MS: u64 = 10_000;
/// Times that a question is asked before nobody is there.
pub const ATTEMPTS_MAX: u32 = 3;
/// Milliseconds to wait before the second; each further wait is twice as long.
const WAIT_MS: u64 = 250;
/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Hosts that no proxy is asked for.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";
/// Who we say we are.
const AGENT: &str = concat!("assent/", env!("CARGO_PKG_VERSION"));

/// An HTTP proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its URL.
    pub url: String,
    /// Hosts that are reached without it, as `NO_PROXY` lists them. Loopback always is.
    pub except: String,
}

/// What is outside, as the binary knows it.
#[derive(Clone)]
pub struct Outside {
    /// Reads the clock, which signatures are dated by.
    pub clock: std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The way out, if there is none directly.
    pub proxy: Option<Proxy>,
    /// Certificates of authorities besides the system's, as PEM.
    pub authorities_pem: Vec<Vec<u8>>,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, as far as they are set.
    pub aws: [Option<Secret>; 3],
}

impl Outside {
    /// The same, with the authorities of a file besides.
    pub(crate) fn with_ca(&self, path: Option<&std::path::Path>) -> Result<Self, BadConfig> {
        let mut outside = self.clone();
        if let Some(path) = path {
            let pem = std::fs::read(path).map_err(|error| BadConfig::File(format!("`{}` cannot be read: {error}", path.display())))?;
            outside.authorities_pem.push(pem);
        }
        Ok(outside)
    }
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// The way to one keeper.
pub(crate) struct Exchange {
    http: Client,
    /// Who is there, for messages: `Vault at https://vault.example.com:8200`.
    pub(crate) who: String,
}

impl Exchange {
    /// A client that follows no redirect, takes nothing from the environment and waits for nobody.
    pub(crate) fn new(who: String, outside: &Outside) -> Result<Self, BadConfig> {
        // One provider of cryptography for the process. That it is installed already is no error.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(AGENT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(Duration::from_millis(CONNECT_MS))
            .timeout(Duration::from_millis(ANSWER_MS));
        if let Some(proxy) = &outside.proxy {
            let except = NoProxy::from_string(&format!("{LOOPBACK},{}", proxy.except));
            let all = reqwest::Proxy::all(&proxy.url).map_err(|_| BadConfig::Client("proxy"))?;
            builder = builder.proxy(all.no_proxy(except));
        }
        for pem in &outside.authorities_pem {
            let certificates = Certificate::from_pem_bundle(pem).ok().filter(|certificates| !certificates.is_empty());
            builder = builder.tls_certs_merge(certificates.ok_or(BadConfig::Client("certificate authority"))?);
        }
        Ok(Self { http: builder.build().map_err(|_| BadConfig::Client("connection"))?, who })
    }

    /// Asks, and asks again as long as nobody is there or nobody can work, up to [`ATTEMPTS_MAX`] times. `make` is called for each, since a
    /// signature bears its time.
    pub(crate) async fn ask(&self, make: impl Fn(&Client) -> RequestBuilder) -> Result<Reply, CustodyError> {
        let mut attempt = 1;
        loop {
            let asked = self.once(make(&self.http)).await;
            let again = match &asked {
                Ok(reply) => is_passing(reply.status),
                Err(error) => error.may_pass(),
            };
            if !again || attempt >= ATTEMPTS_MAX {
                return asked;
            }
            tokio::time::sleep(jittered(Duration::from_millis(WAIT_MS << (attempt - 1).min(8)))).await;
            attempt += 1;
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<Reply, CustodyError> {
        let unreachable = |error: &reqwest::Error| CustodyError::Unreachable { who: self.who.clone(), why: why(error) };
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAX {
                return Err(self.bad("it is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body })
    }

    pub(crate) fn bad(&self, what: &'static str) -> CustodyError {
        CustodyError::BadAnswer { who: self.who.clone(), what }
    }

    pub(crate) fn credentials(&self, what: impl Into<String>) -> CustodyError {
        CustodyError::Credentials { who: self.who.clone(), what: what.into() }
    }
}

/// Whether the answer may be another in a moment.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::PRECONDITION_FAILED
}

/// Never with the URL or what somebody said.
fn why(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "it takes too long"
    } else if is_tls(error) {
        "its certificate is not trusted here: `ca_file` names the authority"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    }
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || wrapped.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Between half and all of it, so that many do not ask in step. Without randomness all of it.
fn jittered(wait: Duration) -> Duration {
    let mut byte = [255];
    // A failure leaves 255 there, which is the longest wait.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    let [share] = byte;
    wait / 2 + wait / 2 * u32::from(share) / 255
}

/// `a=b&c=d`, escaped.
pub(crate) fn form(fields: &[(&str, &str)]) -> zeroize::Zeroizing<String> {
    let mut text = zeroize::Zeroizing::new(String::new());
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_escaped() {
        assert_eq!(form(&[("a", "x/y+z="), ("b", "1~")]).as_str(), "a=x%2Fy%2Bz%3D&b=1~");
    }
}
