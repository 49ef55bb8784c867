//! For whom an authenticator signs: a name, and the origins of pages that may ask in that name.

use std::collections::BTreeSet;

use assent_base::Digest;

/// Bytes of a name at most: RFC 1035.
const NAME_BYTES_MAX: usize = 253;
/// The name of this machine, the only one that pages without TLS may ask in.
const LOCALHOST: &str = "localhost";

/// A relying party: the domain that credentials are bound to, and the origins whose pages may use them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    id_hash: Digest,
    origins: BTreeSet<String>,
}

/// Why there can be no relying party of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParty {
    /// An address, or no name at all.
    #[error("`{0}` is no domain that credentials can be bound to")]
    BadName(String),
    /// No origin of https in that domain, or of http at `localhost`.
    #[error("`{0}` is no origin that may ask for credentials of this domain")]
    BadOrigin(String),
    /// Nobody may ask.
    #[error("a relying party has an origin")]
    NoOrigin,
}

impl RelyingParty {
    /// A relying party of this name and these origins, such as `https://assent.example:8473`.
    ///
    /// # Errors
    /// When the name is no domain, there is no origin, or an origin is not of that domain.
    pub fn new(id: &str, origins: impl IntoIterator<Item = String>) -> Result<Self, BadParty> {
        if !is_domain(id) {
            return Err(BadParty::BadName(id.to_owned()));
        }
        let origins: BTreeSet<String> = origins.into_iter().collect();
        if let Some(bad) = origins.iter().find(|origin| !is_origin_of(id, origin)) {
            return Err(BadParty::BadOrigin(bad.clone()));
        }
        if origins.is_empty() {
            return Err(BadParty::NoOrigin);
        }
        Ok(Self { id: id.to_owned(), id_hash: Digest::of(id.as_bytes()), origins })
    }

    /// The relying party of a site that is reached under one origin, named by its host.
    ///
    /// # Errors
    /// When a browser would not let that origin have credentials.
    pub fn of_origin(origin: &str) -> Result<Self, BadParty> {
        let origin = as_browsers_write(origin);
        let host = parts(&origin).map(|(_, host, _)| host.to_owned()).ok_or_else(|| BadParty::BadOrigin(origin.clone()))?;
        Self::new(&host, [origin])
    }

    /// Its name: what browsers call `rp.id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The origins whose pages may ask, as browsers write them.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().map(String::as_str)
    }

    /// The digest of the name.
    #[must_use]
    pub(super) const fn id_hash(&self) -> &Digest {
        &self.id_hash
    }

    /// Whether pages of this origin may ask, in exactly this spelling: browsers have one.
    #[must_use]
    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }
}

/// Browsers write an origin in lower case, and without the port that goes without saying.
fn as_browsers_write(origin: &str) -> String {
    let origin = origin.strip_suffix('/').unwrap_or(origin).to_ascii_lowercase();
    let plain = match parts(&origin) {
        Some(("https", _, Some("443"))) => origin.strip_suffix(":443"),
        Some(("http", _, Some("80"))) => origin.strip_suffix(":80"),
        _ => None,
    };
    plain.map_or_else(|| origin.clone(), str::to_owned)
}

/// Scheme, host and port of an origin.
fn parts(origin: &str) -> Option<(&str, &str, Option<&str>)> {
    let (scheme, rest) = origin.split_once("://")?;
    Some(match rest.split_once(':') {
        Some((host, port)) => (scheme, host, Some(port)),
        None => (scheme, rest, None),
    })
}

fn is_origin_of(id: &str, origin: &str) -> bool {
    let Some((scheme, host, port)) = parts(origin) else { return false };
    let default = if scheme == "https" { "443" } else { "80" };
    // One spelling: without zeros in front, and without the port that goes without saying.
    let port_is_good =
        port.is_none_or(|port| port != default && port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port));
    let inside = host == id || host.strip_suffix(id).is_some_and(|before| before.ends_with('.'));
    let safe = match scheme {
        "https" => true,
        "http" => host == LOCALHOST && id == LOCALHOST,
        _ => false,
    };
    safe && inside && port_is_good && is_domain(host)
}

/// A domain in lower case whose last label is no number: what browsers take for an address is none.
fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    name.len() <= NAME_BYTES_MAX && name.split('.').all(label) && !number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_its_host() {
        for (origin, id) in [
            ("https://assent.example", "assent.example"),
            ("https://Assent.Example:8473/", "assent.example"),
            ("https://assent.example:443", "assent.example"),
            ("http://localhost:8473", "localhost"),
            ("https://localhost", "localhost"),
        ] {
            assert_eq!(RelyingParty::of_origin(origin).map(|party| party.id().to_owned()), Ok(id.to_owned()), "{origin}");
        }
        assert!(RelyingParty::of_origin("https://assent.example:443").unwrap().has_origin("https://assent.example"));
    }

    #[test]
    fn addresses_and_plain_http_carry_no_passkeys() {
        for bad in [
            "http://127.0.0.1:8473",
            "https://192.0.2.1",
            "https://[::1]:8473",
            "https://0x7f.1",
            "https://a.0x7f",
            "http://assent.example",
            "ftp://assent.example",
            "assent.example",
            "",
            "https://",
            "https://a..b",
            "https://user@assent.example",
            "https://assent.example/path",
            "https://assent.example:0",
            "https://assent.example:08473",
            "https://assent.example:65536",
        ] {
            assert!(RelyingParty::of_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn origins_are_of_the_domain() {
        let party = |origins: &[&str]| RelyingParty::new("assent.example", origins.iter().map(|text| (*text).to_owned()));
        assert!(party(&["https://assent.example", "https://eu.assent.example:8473"]).is_ok());
        for bad in
            ["https://notassent.example", "https://example", "http://assent.example", "http://localhost", "https://assent.example:443"]
        {
            assert!(matches!(party(&["https://assent.example", bad]), Err(BadParty::BadOrigin(_))), "{bad}");
        }
        assert_eq!(party(&[]), Err(BadParty::NoOrigin));
        assert!(RelyingParty::new("localhost", ["http://sub.localhost".to_owned()]).is_err());
    }
}
