//! Addresses and names out of the configuration.

use std::path::Path;

use assent_base::Secret;
use reqwest::Url;

use crate::error::BadConfig;

/// Bytes of a file with a token or a key.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Bytes of a name in a path.
const NAME_BYTES_MAX: usize = 512;

/// An address without a path that is reached by `https`, or by `http` on this machine.
pub(crate) fn origin(text: &str) -> Result<Url, BadConfig> {
    let bad = || BadConfig::Address(text.to_owned());
    let url = any_origin(text)?;
    let safe = url.scheme() == "https" || url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    if safe && url.path() == "/" { Ok(url) } else { Err(bad()) }
}

/// An address that may be reached without TLS as well, since it is one of the machine's own network: metadata, container credentials.
pub(crate) fn any_origin(text: &str) -> Result<Url, BadConfig> {
    let bad = || BadConfig::Address(text.to_owned());
    let url = Url::parse(text).map_err(|_| bad())?;
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let web = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
    if bare && web { Ok(url) } else { Err(bad()) }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A name of one or more parts that leads nowhere else: no `..`, no query, nothing that has to be escaped.
pub(crate) fn name(field: &'static str, value: &str) -> Result<String, BadConfig> {
    let bare = value.trim_matches('/');
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..") && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+=,@".contains(&byte))
    };
    if bare.len() <= NAME_BYTES_MAX && bare.split('/').all(plain) {
        Ok(bare.to_owned())
    } else {
        Err(BadConfig::Name { field, value: value.chars().take(NAME_BYTES_MAX).collect() })
    }
}

/// Reads a file with one secret in it, trimmed.
pub(crate) fn secret_of(path: &Path) -> Result<Secret, String> {
    let failed = |why: &str| format!("`{}` {why}", path.display());
    let file = std::fs::File::open(path).map_err(|error| failed(&format!("cannot be read: {error}")))?;
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = std::io::Read::read_to_string(&mut std::io::Read::take(file, FILE_BYTES_MAX + 1), &mut text);
    read.map_err(|error| failed(&format!("cannot be read: {error}")))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(failed("is too large"));
    }
    match text.trim() {
        "" => Err(failed("is empty")),
        text => Ok(Secret::new(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_this_machine_and_leads_nowhere_in_particular() {
        for good in ["https://vault.example.com:8200", "http://127.0.0.1:8200", "http://localhost:1/", "http://[::1]:8200"] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for bad in [
            "http://vault.example.com",
            "https://a@vault.example",
            "https://vault/v1",
            "https://vault/?a",
            "vault:8200",
            "",
            "ftp://localhost",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_stays_in_its_place() {
        for good in ["transit", "team/a/transit", "/transit/", "arn:aws:kms:eu-central-1:1:key/a-b"] {
            assert!(name("mount", good).is_ok(), "{good}");
        }
        for bad in ["", "/", "a//b", "../sys", "a/../b", "a?b", "a b", "a%2f", "a#b", "ä"] {
            assert!(name("mount", bad).is_err(), "{bad}");
        }
    }
}
