//! What a provider says about itself.

use reqwest::Url;
use serde::Deserialize;

use super::OidcError;
use super::config::{Config, endpoint, is_loopback};

const WHAT: &str = "discovery document";

/// The parts of the document that we use. It has many more.
#[derive(Debug, Clone, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// A provider's endpoints, checked.
#[derive(Debug, Clone)]
pub(crate) struct Discovery {
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) keys: Url,
    /// Whether every answer to the browser names the issuer.
    pub(crate) names_issuer: bool,
}

/// Where the document is.
pub(crate) fn address(config: &Config) -> Result<Url, OidcError> {
    let text = format!("{}/.well-known/openid-configuration", config.issuer.trim_end_matches('/'));
    endpoint(&text).ok_or_else(|| bad("no address"))
}

/// Reads the document.
pub(crate) fn read(config: &Config, issuer: &Url, bytes: &[u8]) -> Result<Discovery, OidcError> {
    let document: Document = serde_json::from_slice(bytes).map_err(|_| bad("not JSON with the required fields"))?;
    // Discovery 1.0 section 4.3: or anybody who can be redirected to could speak for others.
    if document.issuer != config.issuer {
        return Err(bad("it is of another issuer"));
    }
    if document.code_challenge_methods_supported.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(bad("the provider does not support PKCE with S256"));
    }
    let url = |text: &str| {
        let url = endpoint(text).filter(|url| url.scheme() == "https" || is_loopback(issuer));
        url.ok_or_else(|| bad("an endpoint is not https"))
    };
    let ours = |text: &str| {
        let url = url(text)?;
        let host = url.host_str().unwrap_or_default();
        // I10: the document does not choose whom we speak to.
        let known = Some(host) == issuer.host_str() || config.hosts.iter().any(|known| known == host);
        if known { Ok(url) } else { Err(bad("an endpoint is on a host that the configuration does not name")) }
    };
    Ok(Discovery {
        authorization: url(&document.authorization_endpoint)?,
        token: ours(&document.token_endpoint)?,
        keys: ours(&document.jwks_uri)?,
        names_issuer: document.authorization_response_iss_parameter_supported,
    })
}

fn bad(why: &str) -> OidcError {
    OidcError::BadAnswer(WHAT, why.to_owned())
}
