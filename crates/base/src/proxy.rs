//! The proxy that the surroundings name, and whether a request goes through it: by the rules that curl and Go's HTTP client share for
//! `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not.
//!
//! One reader for all programs, so that none honours what another overlooks. Loopback is never reached through a proxy.
//! Errors: a value that is no URL is refused and named, not passed over: what was to go through a proxy would go past it.

use std::fmt;
use std::net::IpAddr;

/// Port digits at most.
const PORT_DIGITS_MAX: usize = 5;

/// The proxy that the surroundings ask for. A `proxy-url` in the kubeconfig goes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its address: `http://proxy.corp:3128`.
    pub url: String,
    /// The hosts that are reached without it, as in `NO_PROXY`: `10.0.0.0/8,.corp,api.example.com:6443`.
    pub except: String,
}

/// What kind of addresses a proxy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `https://…`: `HTTPS_PROXY`, else `https_proxy`.
    Https,
    /// `http://…`: `HTTP_PROXY`, else `http_proxy`.
    Http,
}

impl Scheme {
    /// The kind of an address.
    #[must_use]
    pub fn of(url: &str) -> Self {
        if url.starts_with("http:") { Self::Http } else { Self::Https }
    }

    fn variables(self) -> [&'static str; 2] {
        match self {
            Self::Https => ["HTTPS_PROXY", "https_proxy"],
            Self::Http => ["HTTP_PROXY", "http_proxy"],
        }
    }
}

/// The address of a proxy is no URL. It may hold a password, so it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadProxy {
    /// What holds it: `HTTPS_PROXY`, `--proxy`.
    pub place: String,
}

impl fmt::Display for BadProxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is no address of a proxy: write `http://host:port`, or leave it empty to use none", self.place)
    }
}

impl std::error::Error for BadProxy {}

impl Proxy {
    /// The proxy that the variables name for addresses of this kind, if they name one. What is empty is not set.
    ///
    /// # Errors
    /// The variable holds something else than an address.
    pub fn around(scheme: Scheme, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, BadProxy> {
        let set = |name: &'static str| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
        let Some((name, url)) = scheme.variables().into_iter().find_map(set) else { return Ok(None) };
        Self::at(name, &url, Self::exceptions(variable)).map(Some)
    }

    /// The hosts that the variables except.
    pub fn exceptions(variable: impl Fn(&str) -> Option<String>) -> String {
        ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty())).unwrap_or_default()
    }

    /// The proxy at this address, which `place` holds.
    ///
    /// # Errors
    /// It is none: neither `http://host` nor `https://host`, with or without a port, user and password; nor `host:port`.
    pub fn at(place: &str, url: &str, except: String) -> Result<Self, BadProxy> {
        let bad = || BadProxy { place: place.to_owned() };
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            // As curl and Go read it; a word alone is more likely a mistake than a host.
            None if url.rsplit_once(':').is_some_and(|(_, port)| is_port(port)) => ("http".to_owned(), url),
            None => return Err(bad()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        if !matches!(scheme.as_str(), "http" | "https") || !is_authority(host) || rest.contains(['/', '?', '#', '\\']) {
            return Err(bad());
        }
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad());
        }
        Ok(Self { url: format!("{scheme}://{rest}"), except })
    }

    /// Whether this host is reached through the proxy. Loopback never is.
    #[must_use]
    pub fn serves(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return false;
        }
        !self.except.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| excepts(entry, &host, address, port))
    }
}

fn is_port(text: &str) -> bool {
    (1..=PORT_DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A name or an address, with or without a port.
fn is_authority(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        return address.parse::<std::net::Ipv6Addr>().is_ok() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    is_name && port.is_none_or(is_port)
}

fn excepts(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return match (network.parse(), bits.parse(), address) {
            (Ok(network), Ok(bits), Some(address)) => holds(network, bits, address),
            _ => false,
        };
    }
    if let Ok(one) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(one);
    }
    let (name, own_port) = match entry.rsplit_once(':') {
        Some((name, digits)) => match digits.parse::<u16>() {
            Ok(own_port) => (name, Some(own_port)),
            Err(_) => return false,
        },
        None => (entry, None),
    };
    if own_port.is_some_and(|own_port| own_port != port) {
        return false;
    }
    if let Ok(one) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(one);
    }
    let name = name.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
    !name.is_empty() && (host == name || host.strip_suffix(&name).is_some_and(|rest| rest.ends_with('.')))
}

fn holds(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(network) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(network) & mask == u128::from(address) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_read_as_curl_and_go_read_them() {
        let proxy = Proxy {
            url: "http://proxy:3128".to_owned(),
            except: "10.0.0.0/8, .corp,api.example.com:6443,fd00::/8,192.0.2.7,x/y,b:z".to_owned(),
        };
        for host in
            ["10.1.2.3", "api.corp", "corp", "API.EXAMPLE.COM", "fd00::1", "[fd00::1]", "192.0.2.7", "localhost", "127.0.0.1", "::1"]
        {
            assert!(!proxy.serves(host, 6443), "{host} goes direct");
        }
        for (host, port) in [("11.1.2.3", 6443), ("notcorp", 6443), ("api.example.com", 443), ("2001:db8::1", 443), ("192.0.2.8", 443)] {
            assert!(proxy.serves(host, port), "{host} goes through");
        }
        assert!(!Proxy { except: "*".to_owned(), ..proxy }.serves("example.org", 443));
    }

    #[test]
    fn capitals_or_not_the_variables_are_read_and_https_is_not_http() {
        let read = |scheme, set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Proxy::around(scheme, variable).map(|proxy| proxy.map(|proxy| (proxy.url, proxy.except)))
        };
        let is = |url: &str, except: &str| Ok(Some((url.to_owned(), except.to_owned())));
        assert_eq!(read(Scheme::Https, &[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", ".corp")]), is("http://a:1", ".corp"));
        assert_eq!(read(Scheme::Https, &[("https_proxy", "http://b:2/"), ("no_proxy", "*")]), is("http://b:2", "*"));
        assert_eq!(read(Scheme::Https, &[("HTTPS_PROXY", ""), ("https_proxy", "b:2")]), is("http://b:2", ""), "what is empty is not set");
        assert_eq!(read(Scheme::Https, &[("HTTP_PROXY", "http://a:1")]), Ok(None));
        assert_eq!(read(Scheme::Http, &[("http_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:2")]), is("http://a:1", ""));
        let bad = read(Scheme::Https, &[("https_proxy", "rubbish hunter2")]).unwrap_err().to_string();
        assert!(bad.starts_with("https_proxy ") && !bad.contains("hunter2"), "{bad}");
    }

    #[test]
    fn an_address_of_a_proxy_is_a_host_and_nothing_else() {
        for good in ["http://proxy", "https://proxy:3128", "http://ada:p%40ss@proxy.corp:3128", "HTTP://[fd00::1]:8080", "10.0.0.1:3128"] {
            assert!(Proxy::at("--proxy", good, String::new()).is_ok(), "{good}");
        }
        for bad in [
            "rubbish",
            "",
            "ftp://proxy",
            "http://",
            "http://proxy/path",
            "http://proxy:x",
            "http://proxy:70000",
            "http://a b",
            "proxy:",
            "http://[x]",
        ] {
            assert!(Proxy::at("--proxy", bad, String::new()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_network_of_no_bits_holds_every_address() {
        assert!(holds("0.0.0.0".parse().unwrap(), 0, "203.0.113.9".parse().unwrap()));
        assert!(!holds("10.0.0.0".parse().unwrap(), 33, "10.0.0.1".parse().unwrap()));
    }
}
