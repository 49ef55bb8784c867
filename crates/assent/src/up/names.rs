//! Under which names the platform is called: its public address, and hosts besides.
//!
//! A request for any other name is refused, since a page of a stranger can make its own name point to this machine. It cannot do that with
//! an address: who listens on every address of the machine is called by each of them.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use anyhow::{Context, bail};
use reqwest::Url;
use rustls::pki_types::ServerName;

/// Names that may be allowed besides the public one.
const HOSTS_MAX: usize = 100;

/// The public address, as browsers write it: `https://assent.example`, without a slash at the end.
pub(super) fn origin(text: &str) -> anyhow::Result<String> {
    let bad = || {
        format!(
            "`public_url` (--public-url, ASSENT_PUBLIC_URL) is `{text}`: write `https://host` or `https://host:port`, and nothing after it"
        )
    };
    let url = Url::parse(text).with_context(bad)?;
    let host = url.host_str().unwrap_or_default();
    let near = host == "localhost" || address(host).is_some_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if near => {}
        "http" => bail!("`public_url` is `{text}`: without TLS only loopback is reached, so write `https`"),
        _ => bail!(bad()),
    }
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if host.is_empty() || !bare || text.contains(['\\', ' ', '@']) {
        bail!(bad());
    }
    Ok(url.origin().ascii_serialization())
}

/// The host of a public address.
pub(super) fn host(origin: &str) -> Option<String> {
    Url::parse(origin).ok()?.host_str().map(str::to_owned)
}

/// Hosts as requests write them: names in small letters, IPv6 in brackets, no port.
pub(super) fn hosts(asked: &[String]) -> anyhow::Result<Vec<String>> {
    if asked.len() > HOSTS_MAX {
        bail!("`allowed_hosts` has {} names; at most {HOSTS_MAX} are taken", asked.len());
    }
    let one = |text: &String| {
        let bad = || format!("`allowed_hosts` has `{text}`: write a name or an address, without scheme, port and path");
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(written(address));
        }
        let url = Url::parse(&format!("https://{text}/")).with_context(bad)?;
        match url.host_str() {
            // A name that no certificate could have, such as `*.example`, is none.
            Some(host) if host.eq_ignore_ascii_case(text) && ServerName::try_from(in_certificate(host)).is_ok() => Ok(host.to_owned()),
            _ => bail!(bad()),
        }
    };
    asked.iter().map(one).collect()
}

/// An address as it stands in a URL.
pub(super) fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// A host as a certificate has it: without brackets.
pub(super) fn in_certificate(host: &str) -> String {
    address(host).map_or_else(|| host.to_owned(), |address| address.to_string())
}

/// Where this machine itself finds what listens on that address.
pub(super) fn near(listening: SocketAddr) -> String {
    if listening.ip().is_unspecified() { format!("localhost:{}", listening.port()) } else { listening.to_string() }
}

fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_an_origin_as_browsers_write_it() {
        for (text, origin_is) in [
            ("https://assent.example", "https://assent.example"),
            ("https://Assent.Example/", "https://assent.example"),
            ("https://assent.example:443", "https://assent.example"),
            ("https://assent.example:8443/", "https://assent.example:8443"),
            ("https://[fd00::2]:8485", "https://[fd00::2]:8485"),
            ("http://localhost:8473", "http://localhost:8473"),
            ("http://127.0.0.1:8473", "http://127.0.0.1:8473"),
        ] {
            assert_eq!(origin(text).expect(text), origin_is);
        }
        for bad in [
            "",
            "rubbish",
            "assent.example",
            "ftp://x/",
            "https://a.example/path/",
            "https://a.example/?q",
            "https://a.example/#x",
            "https://ada@a.example",
            "https://ada:p@a.example",
            "http://a.example",
            "https://",
            "https:\\\\a.example",
        ] {
            let said = origin(bad).expect_err(bad).to_string();
            assert!(said.contains("`public_url`"), "{said}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses_and_nothing_else() {
        let read = |text: &str| hosts(&[text.to_owned()]);
        for (text, host) in
            [("Assent.corp", "assent.corp"), ("192.0.2.7", "192.0.2.7"), ("fd00::1", "[fd00::1]"), ("[fd00::1]", "[fd00::1]")]
        {
            assert_eq!(read(text).expect(text), [host]);
        }
        for bad in ["", "a:1", "https://a", "a/b", "a b", "ada@a", "*", "*.corp"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(hosts(&vec!["a".to_owned(); HOSTS_MAX + 1]).is_err());
    }

    #[test]
    fn addresses_have_brackets_in_urls_and_none_in_certificates() {
        assert_eq!(written("fd00::1".parse().expect("an address")), "[fd00::1]");
        assert_eq!((in_certificate("[fd00::1]"), in_certificate("assent.corp")), ("fd00::1".to_owned(), "assent.corp".to_owned()));
        let near = |text: &str| near(text.parse().expect("an address"));
        assert_eq!(
            (near("0.0.0.0:1"), near("[::]:2"), near("[fd00::1]:3")),
            ("localhost:1".into(), "localhost:2".into(), "[fd00::1]:3".into())
        );
    }
}
