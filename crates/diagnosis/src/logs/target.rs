//! Reads from a line the host and port of the dependency that it names.
//!
//! `dial tcp: lookup cache on 10.96.0.10:53: no such host` names `cache`, not the DNS server: forms are tried in order, the ones
//! that say most first. An address that a server listens on (`0.0.0.0`, `::`) is no dependency.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::OnceLock;

use regex::{Captures, Regex, RegexBuilder};

use super::LOG_LINE_SCAN_BYTES_MAX;
use super::fields::{Secrets, word_at};

/// The longest host name that DNS permits.
const HOST_BYTES_MAX: usize = 253;

/// A dependency as a line names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// A name or an address, without brackets and without a closing dot.
    pub host: String,
    /// The port, where the line names one.
    pub port: Option<u16>,
}

/// Where dependencies stand in lines. Groups: `host` and `port`, or `address` with both. The order is the order of trying.
const FORMS: &[&str] = &[
    r"\blookup (?P<host>[a-z0-9._-]+)(?: on [0-9a-z.:\[\]-]+)?: ",
    r"\b(?:getaddrinfo|query[a-z]+) E[A-Z_]+ (?:_[a-z]+\._tcp\.)?(?P<address>[a-z0-9._-]+(?::[0-9]{1,5})?)",
    r"UnknownHostException: (?P<address>[a-z0-9._-]+(?::[0-9]{1,5})?)",
    r#"could not translate host name \\?"(?P<host>[a-z0-9._-]+)\\?" to address"#,
    r#"server running on host \\?"(?P<host>[^"\\\s]+)\\?"(?: \([^)]*\))? and accepting\s+TCP/IP connections on port (?P<port>[0-9]{1,5})"#,
    r#"connection to server at \\?"(?P<host>[^"\\\s]+)\\?"(?: \([^)]*\))?, port (?P<port>[0-9]{1,5})"#,
    r#"ConnectionPool\(host=['"](?P<host>[^'"\s]+)['"], port=(?P<port>[0-9]{1,5})"#,
    r"\b(?:read|write) tcp [0-9a-z.:\[\]]+->(?P<address>[0-9a-z.:\[\]-]+:[0-9]{1,5})",
    r"\bdial (?:tcp|udp)[46]?:? (?P<address>[0-9a-z._:\[\]%-]+:[0-9]{1,5})",
    r"\bconnect E[A-Z]+ (?P<address>[0-9a-z._:\[\]-]+:[0-9]{1,5})",
    r"Connect call failed \('(?P<host>[^']+)', (?P<port>[0-9]{1,5})",
    r"\bError -?[0-9]+ connecting to (?P<address>[a-z0-9._-]+:[0-9]{1,5})",
    r"jdbc:oracle:thin:(?:[^\s@]*@)?(?://)?(?P<address>[a-z0-9._-]+:[0-9]{1,5})",
    r"@tcp\((?P<address>[a-z0-9._:\[\]-]+)\)",
    r"\bserver (?:on|at) \\?'(?P<address>[a-z0-9._-]+(?::[0-9]{1,5})?)\\?'",
    r"\b(?:unknown (?:mysql )?server host|failed to resolve|bad address|host not found in upstream|could not resolve address|couldn't resolve server) \\?['\x22]?(?P<address>[a-z0-9._-]+(?::[0-9]{1,5})?)",
    r"\bDNS resolution failed for (?:service: )?(?P<address>[a-z0-9._-]+(?::[0-9]{1,5})?)",
    r"\bresolve (?:the )?(?:host(?:name)?|address|name|domain|server)(?: name| address)?(?: of| for)?[: ]{1,2}['\x22]?(?P<address>[a-z0-9._-]+(?::[0-9]{1,5})?)",
    r"(?P<host>[a-z0-9._-]+) could not be resolved",
    r"plugin/errors: [0-9]+ (?P<host>[a-z0-9._-]+) [A-Z0-9]+: ",
    r"\bconnect(?:ing|ion)? to (?:address |host )?(?P<host>[a-z0-9._-]+|[0-9a-f:]+)(?: \([0-9a-f.:]+\))?,? port (?P<port>[0-9]{1,5})",
    r"\bconnect\(2\) for \x22?(?P<host>[a-z0-9._-]+)\x22? port (?P<port>[0-9]{1,5})",
    r"\bConnection to node -?[0-9]+ \((?P<address>[a-z0-9._/-]+:[0-9]{1,5})\)",
    r"(?P<address>[a-z0-9._-]+:[0-9]{1,5})/(?:bootstrap|[0-9]+): ",
    r"\btried: (?P<address>[a-z0-9._-]+:[0-9]{1,5})",
    r"Connection refused: (?:no further information: )?(?P<address>[a-z0-9._-]+(?:/[0-9a-f.:]+)?:[0-9]{1,5})",
    r"\b(?:connect(?:ing|ion)?|reach|UnableToConnect)\b(?: [a-z]+){0,4} (?:to|at|on|with|server)? ?[`'\x22]?(?P<address>(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)`?:`?[0-9]{1,5})\b",
    r"\bipv[46][:#](?P<address>(?:\[[0-9a-f:]+\]|[0-9.]+):[0-9]{1,5})",
    r"\b(?:refused|timed out|unreachable|reset)(?: (?:to|by|from|at|on|for|peer))* (?P<address>(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5})\b",
    r"\bhost=[`'\x22]?(?P<host>[a-z0-9._-]+)[`'\x22]?,? port=(?P<port>[0-9]{1,5})",
    r"\bhost=[`'\x22]?(?P<host>[a-z0-9._-]+)",
    r"(?P<address>(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5})\)?[:, -]{1,3}(?:connect: |\[Errno [0-9-]+\] )?(?:connection (?:refused|timed out|reset)|no route to host|i/o timeout|is unavailable)",
];

/// The dependency that a line names, in any of the usual spellings; of several, the one said most plainly.
pub fn target_of(line: &str) -> Option<Target> {
    let line = line.get(..line.floor_char_boundary(LOG_LINE_SCAN_BYTES_MAX)).unwrap_or_default();
    let secrets = Secrets::of(line);
    // The forms that quote an error come before a URL, which may be what was asked for through a proxy or a resolver.
    upstream(line)
        .or_else(|| forms().iter().find_map(|form| from_captures(line, &secrets, &form.captures(line)?)))
        .or_else(|| first_url(line))
}

/// The dependency that the fields of a match name.
pub fn target_of_fields(fields: &BTreeMap<&'static str, &str>) -> Option<Target> {
    let whole = |name: &str| fields.get(name).and_then(|text| authority(text));
    let port = || fields.get("port").and_then(|port| port_of(port));
    let host = || fields.get("host").and_then(|host| Some(Target { host: host_of(host)?, port: port() }));
    whole("address").or_else(|| whole("url")).or_else(host)
}

/// nginx names the server it chose at the end of its error lines.
fn upstream(line: &str) -> Option<Target> {
    let mark = r#"upstream: ""#;
    authority(word_at(line, line.find(mark)? + mark.len())?)
}

fn from_captures(line: &str, secrets: &Secrets, captures: &Captures<'_>) -> Option<Target> {
    let field = |name: &'static str| secrets.allowed(name, captures.name(name)?.range()).and_then(|range| line.get(range));
    if let Some(text) = field("address") {
        return authority(text);
    }
    Some(Target { host: host_of(field("host")?)?, port: field("port").and_then(port_of) })
}

fn first_url(line: &str) -> Option<Target> {
    line.match_indices("://").find_map(|(at, mark)| authority(word_at(line, at + mark.len())?))
}

/// Parses `host`, `host:port`, `[v6]:port`, `name/address:port`, or a URL in whole or from its authority on.
fn authority(text: &str) -> Option<Target> {
    let text = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    // Java's thin Oracle driver writes `@//host:port`; any other `@` ends the user-info.
    let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest).trim_start_matches('/');
    let text = match text.split_once('/') {
        // A Java socket address: the name it was asked for, then what that resolved to.
        Some((name, resolved)) if !name.contains(':') && resolved.parse::<std::net::SocketAddr>().is_ok() => {
            return Some(Target { host: host_of(name)?, port: resolved.rsplit_once(':').and_then(|(_, port)| port_of(port)) });
        }
        Some((before, _)) => before,
        None => text,
    };
    let text = text.split(['?', '#', ';', ',', ')', '\\']).next()?;
    if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']')?;
        return Some(Target { host: host_of(host)?, port: rest.strip_prefix(':').and_then(port_of) });
    }
    let Some((host, port)) = text.rsplit_once(':') else { return Some(Target { host: host_of(text)?, port: None }) };
    // Node prints `::1:6379` without brackets; an address alone has no port.
    if host.contains(':') && host.parse::<Ipv6Addr>().is_err() {
        return Some(Target { host: host_of(text)?, port: None });
    }
    Some(Target { host: host_of(host.trim_end_matches('`'))?, port: Some(port_of(port.trim_start_matches('`'))?) })
}

/// A host that can be a dependency: a name or an address, and not the address of a listener.
fn host_of(text: &str) -> Option<String> {
    let host = text.trim_end_matches('.');
    let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && host.bytes().any(|b| !b.is_ascii_digit());
    let literal = host.split('%').next().is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok_and(|address| !address.is_unspecified()));
    let fits =
        !host.is_empty() && host.len() <= HOST_BYTES_MAX && host != "0.0.0.0" && host.bytes().any(|byte| byte.is_ascii_alphanumeric());
    (fits && (named || literal)).then(|| host.to_ascii_lowercase())
}

fn port_of(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

fn forms() -> &'static [Regex] {
    static COMPILED: OnceLock<Vec<Regex>> = OnceLock::new();
    COMPILED.get_or_init(|| FORMS.iter().filter_map(|form| RegexBuilder::new(form).case_insensitive(true).build().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_compiles() {
        assert_eq!(forms().len(), FORMS.len());
    }

    #[test]
    fn each_usual_spelling_names_its_dependency() {
        let cases: &[(&str, &str, Option<u16>)] = &[
            ("dial tcp 10.0.0.1:5432: connect: connection refused", "10.0.0.1", Some(5432)),
            ("dial tcp [fd00::7]:5432: connect: connection refused", "fd00::7", Some(5432)),
            ("dial tcp: lookup cache on 10.96.0.10:53: no such host", "cache", None),
            ("lookup cache.shop.svc. on 10.96.0.10:53: read udp 10.1.1.7:4->10.96.0.10:53: i/o timeout", "cache.shop.svc", None),
            (r#"Get "http://orders:8080/v1": dial tcp 10.9.9.9:8080: i/o timeout"#, "10.9.9.9", Some(8080)),
            ("read tcp 10.1.1.7:41522->10.2.2.8:5432: read: connection reset by peer", "10.2.2.8", Some(5432)),
            ("Connection to db:5432 refused. Check that the hostname and port are correct", "db", Some(5432)),
            ("Error: connect ECONNREFUSED 10.1.2.3:6379", "10.1.2.3", Some(6379)),
            ("Error: connect ECONNREFUSED ::1:6379", "::1", Some(6379)),
            ("Error: getaddrinfo ENOTFOUND cache", "cache", None),
            ("Error: getaddrinfo EAI_AGAIN cache.shop cache.shop:6379", "cache.shop", None),
            ("Caused by: java.net.UnknownHostException: db: Name or service not known", "db", None),
            (r#"could not translate host name "db" to address: Name or service not known"#, "db", None),
            (
                r#"could not connect to server: Connection refused Is the server running on host "db" (10.0.0.1) and accepting TCP/IP connections on port 5432?"#,
                "db",
                Some(5432),
            ),
            (r#"connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused"#, "db", Some(5432)),
            ("cannot connect: amqp://user:pw@mq:5672/", "mq", Some(5672)),
            ("Cannot open jdbc:postgresql://db:5432/x", "db", Some(5432)),
            ("url jdbc:sqlserver://db:1433;encrypt=true", "db", Some(1433)),
            ("jdbc:oracle:thin:@//db:1521/orders failed", "db", Some(1521)),
            ("mongodb://app:pw@mongo-0:27017,mongo-1:27017/orders failed", "mongo-0", Some(27017)),
            ("No nodes available, tried: ring-0:9042", "ring-0", Some(9042)),
            ("redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.", "cache", Some(6379)),
            (r#"no live upstreams, request: "GET / HTTP/1.1", upstream: "http://10.2.3.4:80/", host: "shop""#, "10.2.3.4", Some(80)),
            ("request to http://[::1]:80/ failed", "::1", Some(80)),
            ("HTTPConnectionPool(host='orders', port=8080): Max retries exceeded with url: /", "orders", Some(8080)),
            ("AnnotatedConnectException: Connection refused: cache/10.0.0.7:6379", "cache", Some(6379)),
            ("Can't connect to MySQL server on 'db:3306' (111)", "db", Some(3306)),
            ("curl: (7) Failed to connect to orders port 8080 after 3 ms: Couldn't connect to server", "orders", Some(8080)),
            ("nc: connect to db (10.0.0.1) port 5432 (tcp) failed: Connection refused", "db", Some(5432)),
            ("nc: bad address 'db'", "db", None),
            ("curl: (6) Could not resolve host: orders", "orders", None),
            ("invalid: app:pw@tcp(db:3306)/orders", "db", Some(3306)),
            ("connection refused to cache:6379", "cache", Some(6379)),
            ("Could not connect to Redis at cache:6379: Connection refused", "cache", Some(6379)),
            ("UnableToConnect on cache:6379/Interactive, last: NONE", "cache", Some(6379)),
            ("kafka:9092/bootstrap: Connect to ipv4#10.0.0.9:9092 failed", "kafka", Some(9092)),
            ("Connection to node -1 (kafka/10.0.0.9:9092) could not be established", "kafka", Some(9092)),
            ("failed to connect to `host=db user=app database=orders`: hostname resolving error", "db", None),
            ("Can't reach database server at `db`:`5432`", "db", Some(5432)),
            ("couldn't connect to server db:27017, connection attempt failed", "db", Some(27017)),
            ("connect to address 10.0.0.5 port 5432: Connection refused", "10.0.0.5", Some(5432)),
            (r#"nginx: [emerg] host not found in upstream "orders:8080" in /etc/nginx/nginx.conf:5"#, "orders", Some(8080)),
        ];
        for (line, host, port) in cases {
            assert_eq!(target_of(line), Some(Target { host: (*host).to_owned(), port: *port }), "{line}");
        }
    }

    #[test]
    fn what_names_no_dependency_has_no_target() {
        for line in [
            "listen tcp :8080: bind: address already in use",
            "Failed to bind to address http://[::]:8080: address already in use",
            "Error: listen EADDRINUSE: address already in use :::3000",
            "panic: main.go:12 no ledger",
            "at 10:00:00 the server started",
            "",
        ] {
            assert_eq!(target_of(line), None, "{line}");
        }
    }

    #[test]
    fn a_password_is_never_a_target() {
        for line in ["amqp://worker:12/34@mq:5672/", "postgres://app:hunter2@mq:5672/orders", "redis://:hunter2@mq:5672"] {
            assert_eq!(target_of(line).map(|target| target.host), Some("mq".to_owned()), "{line}");
        }
    }

    #[test]
    fn fields_make_a_target() {
        let target = |host: &str, port| Some(Target { host: host.to_owned(), port });
        assert_eq!(target_of_fields(&BTreeMap::from([("host", "db"), ("port", "5432")])), target("db", Some(5432)));
        assert_eq!(target_of_fields(&BTreeMap::from([("address", "[::1]:80")])), target("::1", Some(80)));
        assert_eq!(target_of_fields(&BTreeMap::from([("url", "https://orders/v1")])), target("orders", None));
        assert_eq!(target_of_fields(&BTreeMap::from([("address", "0.0.0.0:80")])), None);
        assert_eq!(target_of_fields(&BTreeMap::from([("address", "db:99999")])), None);
    }

    proptest! {
        #[test]
        fn no_line_panics_and_every_host_is_clean(line in "(?s).{0,200}", glue in "(://|@|dial tcp |\\[|:80|host=|upstream: \"){0,4}") {
            for text in [format!("{line}{glue}"), format!("{glue}{line}"), format!("{glue}x:y@{line}")] {
                if let Some(target) = target_of(&text) {
                    prop_assert!(!target.host.is_empty() && target.host.len() <= HOST_BYTES_MAX);
                    prop_assert!(!target.host.contains(['@', '/', ' ']));
                }
            }
        }
    }
}
