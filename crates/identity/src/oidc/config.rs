//! What an operator says about a provider.

use assent_base::Secret;
use reqwest::Url;

/// An identity provider.
#[derive(Debug, Clone)]
pub struct Config {
    /// What the button says.
    pub name: String,
    /// The issuer, exactly as the provider writes it.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// How we prove that we are that client.
    pub client_auth: ClientAuth,
    /// Where the browser comes back to, as registered with the provider.
    pub redirect_uri: String,
    /// Scopes to ask for, beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that lists groups.
    pub groups_claim: String,
    /// The audience of bearer tokens that the API takes; without it, it takes none.
    pub api_audience: Option<String>,
    /// Hosts beside the issuer's at which the provider may have its endpoints.
    pub hosts: Vec<String>,
    /// The way out, if there is none directly.
    pub proxy: Option<Proxy>,
    /// Certificates of authorities beside the system's, as PEM.
    pub authorities_pem: Vec<Vec<u8>>,
    /// Bounds.
    pub limits: Limits,
}

/// How we prove who we are to the provider.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// A secret in the `Authorization` header: what providers expect unless told otherwise.
    Basic(Secret),
    /// A secret in the body.
    Post(Secret),
    /// Not at all: a public client, which PKCE protects.
    Public,
}

/// An HTTP proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its URL.
    pub url: String,
    /// Hosts that are reached without it, as `NO_PROXY` lists them.
    pub except: Option<String>,
}

/// Bounds of what a provider may do to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds until a connection stands.
    pub connect_ms: u64,
    /// Milliseconds until an answer is there, whole.
    pub answer_ms: u64,
    /// Bytes of an answer.
    pub answer_bytes_max: usize,
    /// Seconds by which the provider's clock may differ.
    pub skew_s: u64,
    /// Seconds that somebody has for signing in.
    pub flow_s: u64,
    /// Seconds between two looks for a key that we do not know.
    pub keys_retry_s: u64,
    /// Seconds until discovery and keys are read anew.
    pub keys_age_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_ms: 5_000,
            answer_ms: 10_000,
            answer_bytes_max: 256 * 1024,
            skew_s: 60,
            flow_s: 600,
            keys_retry_s: 60,
            keys_age_s: 3_600,
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// Not a URL that we would send anybody to.
    #[error("`{0}` must be an https URL without user, query or fragment; http is for loopback only")]
    Url(String),
    /// A field that must not be empty.
    #[error("`{0}` must not be empty")]
    Empty(&'static str),
    /// An ID token would be a key to the API.
    #[error("the audience of the API must not be the client id: a token that signs a person in would open the API")]
    AudienceIsClient,
    /// More skew than makes sense.
    #[error("a skew of more than {0} s makes expiry meaningless")]
    Skew(u64),
    /// The proxy or a certificate cannot be used.
    #[error("`{0}` cannot be used: {1}")]
    Client(&'static str, String),
}

/// Seconds of skew at most.
const SKEW_S_MAX: u64 = 300;

impl Config {
    pub(crate) fn check(&self) -> Result<Url, BadConfig> {
        let issuer = endpoint(&self.issuer).filter(|url| url.query().is_none());
        let issuer = issuer.ok_or_else(|| BadConfig::Url(self.issuer.clone()))?;
        endpoint(&self.redirect_uri).ok_or_else(|| BadConfig::Url(self.redirect_uri.clone()))?;
        for (name, text) in [("name", &self.name), ("client_id", &self.client_id), ("groups_claim", &self.groups_claim)] {
            if text.is_empty() {
                return Err(BadConfig::Empty(name));
            }
        }
        match &self.api_audience {
            Some(audience) if audience.is_empty() => return Err(BadConfig::Empty("api_audience")),
            Some(audience) if *audience == self.client_id => return Err(BadConfig::AudienceIsClient),
            Some(_) | None => {}
        }
        if self.limits.skew_s > SKEW_S_MAX {
            return Err(BadConfig::Skew(SKEW_S_MAX));
        }
        Ok(issuer)
    }
}

/// A URL that secrets may be sent to: HTTPS, or HTTP that does not leave this machine.
pub(crate) fn endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (plain && (url.scheme() == "https" || is_loopback(&url))).then_some(url)
}

/// Whether it is HTTP to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    url.scheme() == "http" && (host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_loopback_only() {
        for good in
            ["https://id.example", "https://id.example:8443/realms/a", "http://127.0.0.1:9/x", "http://[::1]:9", "http://localhost/"]
        {
            assert!(endpoint(good).is_some(), "{good}");
        }
        for bad in [
            "http://id.example",
            "https://user@id.example",
            "https://id.example/#x",
            "ftp://127.0.0.1",
            "id.example",
            "",
            "http://localhost.example",
            "http://127.0.0.1.example",
        ] {
            assert!(endpoint(bad).is_none(), "{bad}");
        }
    }
}
