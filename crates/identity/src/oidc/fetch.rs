//! One request to the provider, with every bound that it needs.

use std::time::Duration;

use reqwest::{Certificate, Client, NoProxy, RequestBuilder, StatusCode, redirect};

use super::OidcError;
use super::config::{BadConfig, Config};

/// A client that follows no redirect, takes nothing from the environment and waits for nobody.
pub(crate) fn client(config: &Config) -> Result<Client, BadConfig> {
    // One provider of cryptography for the process. That it is installed already is no error.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_millis(config.limits.connect_ms))
        .timeout(Duration::from_millis(config.limits.answer_ms));
    if let Some(proxy) = &config.proxy {
        let except = proxy.except.as_deref().and_then(NoProxy::from_string);
        let all = reqwest::Proxy::all(&proxy.url).map_err(|fault| BadConfig::Client("proxy", fault.to_string()))?;
        builder = builder.proxy(all.no_proxy(except));
    }
    for pem in &config.authorities_pem {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|fault| BadConfig::Client("authorities_pem", fault.to_string()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|fault| BadConfig::Client("client", fault.to_string()))
}

/// Sends it, and reads the whole answer or none of it.
pub(crate) async fn fetch(config: &Config, what: &'static str, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), OidcError> {
    let mut response = request.send().await.map_err(|_| OidcError::Unreachable(what))?;
    let status = response.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| OidcError::Unreachable(what))? {
        if bytes.len().saturating_add(chunk.len()) > config.limits.answer_bytes_max {
            return Err(OidcError::BadAnswer(what, format!("more than {} bytes", config.limits.answer_bytes_max)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, bytes))
}

/// The same for what must be there.
pub(crate) async fn fetch_ok(config: &Config, what: &'static str, request: RequestBuilder) -> Result<Vec<u8>, OidcError> {
    match fetch(config, what, request).await? {
        (StatusCode::OK, bytes) => Ok(bytes),
        (status, _) if status.is_server_error() => Err(OidcError::Unreachable(what)),
        (status, _) => Err(OidcError::BadAnswer(what, format!("status {}", status.as_u16()))),
    }
}

/// An error code as a provider may write it, for the ledger; ours if it is none. Characters are those of RFC 6749, appendix A.7.
pub(crate) fn error_code(text: &str) -> String {
    let code = text.len() <= 64 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if code { text.to_owned() } else { "unreadable".to_owned() }
}
