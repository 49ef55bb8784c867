//! Whether a request goes through the proxy, by the rules that curl and Go's HTTP client share for `NO_PROXY`.

use std::net::IpAddr;

/// The proxy that the surroundings ask for. A `proxy-url` in the kubeconfig goes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its address: `http://proxy.corp:3128`.
    pub url: String,
    /// The hosts that are reached without it, as in `NO_PROXY`: `10.0.0.0/8,.corp,api.example.com:6443`.
    pub except: String,
}

impl Proxy {
    /// Whether this host is reached through the proxy. Loopback never is.
    pub(crate) fn serves(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return false;
        }
        !self.except.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| excepts(entry, &host, address, port))
    }
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
    fn a_network_of_no_bits_holds_every_address() {
        assert!(holds("0.0.0.0".parse().unwrap(), 0, "203.0.113.9".parse().unwrap()));
        assert!(!holds("10.0.0.0".parse().unwrap(), 33, "10.0.0.1".parse().unwrap()));
    }
}
