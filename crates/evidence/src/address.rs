//! Addresses that configuration and logs name: `redis:6379`, `http://payments.shop.svc:8080/v1`, `tcp://10.0.0.7:5432`.

/// A host and perhaps a port. User names and passwords of a URL are dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Host name or IP address, lower case.
    pub host: String,
    /// Port, if named.
    pub port: Option<u16>,
}

impl Address {
    /// The Service that the host names from within a namespace, as (name, namespace): `db`, `db.shop`, `db.shop.svc.cluster.local`.
    /// None for IP addresses and for names outside the cluster.
    #[must_use]
    pub fn service<'a>(&'a self, from_namespace: Option<&'a str>) -> Option<(&'a str, Option<&'a str>)> {
        if self.is_ip() {
            return None;
        }
        let parts: Vec<&str> = self.host.trim_end_matches('.').split('.').collect();
        match parts.as_slice() {
            [name] => Some((name, from_namespace)),
            [name, namespace] | [name, namespace, "svc"] | [name, namespace, "svc", ..] => Some((name, Some(namespace))),
            _ => None,
        }
    }

    /// Whether the host is an IP address.
    #[must_use]
    pub fn is_ip(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }

    /// Whether the host can only be a name of this cluster: `db.shop.svc`.
    #[must_use]
    pub fn is_cluster_name(&self) -> bool {
        self.host.trim_end_matches('.').ends_with(".svc") || self.host.contains(".svc.")
    }
}

/// The addresses that a configuration value names. Only what has the form of an address counts: a URL, `host:port`, or a bare
/// host when `bare` says that the key speaks of one (`DB_HOST`).
#[must_use]
pub fn in_value(value: &str, bare: bool) -> Vec<Address> {
    value.split([',', ' ', ';', '\n', '"', '\'', '|']).take(64).filter_map(|word| one(word.trim(), bare)).collect()
}

fn one(word: &str, bare: bool) -> Option<Address> {
    if word.is_empty() || word.len() > 512 {
        return None;
    }
    let (scheme, rest) = match word.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, word),
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (host_port, None),
    };
    let port = match port {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port != 0)?),
        None => None,
    };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let named = scheme.is_some() || (port.is_some() && rest.len() == host_port.len()) || bare;
    (named && is_host(&host) && (scheme != Some("file"))).then_some(Address { host, port })
}

fn is_host(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
        || (!host.is_empty()
            && host.len() <= 253
            && host.bytes().any(|byte| byte.is_ascii_alphabetic())
            && host.split('.').all(|label| {
                !label.is_empty() && !label.starts_with('-') && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            }))
}

/// Whether the name of a setting speaks of a host or address.
#[must_use]
pub fn key_names_host(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    ["HOST", "ADDR", "ADDRESS", "ENDPOINT", "URL", "URI", "SERVER", "SERVERS", "BROKER", "BROKERS", "DSN", "SERVICE", "UPSTREAM", "TARGET"]
        .iter()
        .any(|word| key.ends_with(word) || key.contains(&format!("{word}_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(value: &str, bare: bool) -> Vec<(String, Option<u16>)> {
        in_value(value, bare).into_iter().map(|address| (address.host, address.port)).collect()
    }

    #[test]
    fn addresses_are_found_in_their_usual_spellings() {
        assert_eq!(hosts("redis:6379", false), [("redis".to_owned(), Some(6379))]);
        assert_eq!(hosts("http://user:pw@payments.shop.svc:8080/v1?x=1", false), [("payments.shop.svc".to_owned(), Some(8080))]);
        assert_eq!(hosts("db", true), [("db".to_owned(), None)]);
        assert_eq!(hosts("db", false), []);
        assert_eq!(hosts("k-0:9092,k-1:9092", false).len(), 2);
        assert_eq!(hosts("/var/run/app.sock", true), []);
        assert_eq!(hosts("nginx:latest", false), []);
        assert_eq!(hosts("10s", false), []);
    }

    #[test]
    fn cluster_names_resolve_to_services() {
        let address = |host: &str| Address { host: host.to_owned(), port: None };
        assert_eq!(address("db").service(Some("shop")), Some(("db", Some("shop"))));
        assert_eq!(address("db.data").service(Some("shop")), Some(("db", Some("data"))));
        assert_eq!(address("db.data.svc.cluster.local").service(None), Some(("db", Some("data"))));
        assert_eq!(address("api.example.com").service(Some("shop")), None);
        assert_eq!(address("10.0.0.1").service(Some("shop")), None);
    }
}
