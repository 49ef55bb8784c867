//! What the platform's configuration says about the outside: hosts, a mail server, a proxy, certificates. Nothing by default.

use assent_base::{Proxy, Secret};

/// Milliseconds until a connection stands.
pub const CONNECT_MS: u64 = 5_000;
/// Milliseconds until an answer is there, whole.
pub const ANSWER_MS: u64 = 10_000;
/// Milliseconds for one mail, from the connection to the server's last word.
pub const MAIL_MS: u64 = 30_000;
/// Bytes of an answer that are read.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Hosts that a configuration may name.
pub const HOSTS_MAX: usize = 100;
/// Domains of recipients that a configuration may name.
const DOMAINS_MAX: usize = 100;

/// What may be contacted, and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// Hosts that channels may lead to, exactly: `hooks.slack.com`, or `chat.example:8443` for another port than 443.
    pub hosts: Vec<String>,
    /// The mail server, if channels may send e-mail.
    pub smtp: Option<Smtp>,
    /// The way out for HTTPS, if there is none directly. Mail goes to its server directly.
    pub proxy: Option<Proxy>,
    /// Certificates of authorities beside the system's, as PEM.
    pub authorities_pem: Vec<Vec<u8>>,
    /// Milliseconds until a connection stands.
    pub connect_ms: u64,
    /// Milliseconds until an answer is there.
    pub answer_ms: u64,
    /// Milliseconds for one mail.
    pub mail_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            smtp: None,
            proxy: None,
            authorities_pem: Vec::new(),
            connect_ms: CONNECT_MS,
            answer_ms: ANSWER_MS,
            mail_ms: MAIL_MS,
        }
    }
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Who we are there, if it asks.
    pub user: Option<(String, Secret)>,
    /// The sender's address: `assent@example.com`.
    pub from: String,
    /// Domains that mail may go to, exactly.
    pub domains: Vec<String>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// From its first byte, as on port 465.
    Implicit,
    /// From `STARTTLS` on, as on port 587. Without it, nothing is sent.
    StartTls,
    /// Not at all: for a server on loopback.
    Off,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// Not a host with or without a port.
    #[error("`{0}` is no host such as `hooks.slack.com` or `chat.example:8443`")]
    Host(String),
    /// Too many of something.
    #[error("at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// Mail would travel in the clear.
    #[error("mail to `{0}` needs TLS: only a server on loopback does without")]
    PlainMail(String),
    /// Not an address of a sender.
    #[error("`{0}` is no address such as `assent@example.com`")]
    From(String),
    /// Mail may go nowhere.
    #[error("`domains` must name the domains that mail may go to, each as `example.com`")]
    Domains,
    /// The proxy or a certificate cannot be used.
    #[error("`{0}` cannot be used: {1}")]
    Client(&'static str, String),
}

impl Config {
    /// Checks it, and gives the hosts as they are compared.
    pub(crate) fn check(&self) -> Result<Vec<Host>, BadConfig> {
        if self.hosts.len() > HOSTS_MAX {
            return Err(BadConfig::TooMany { what: "hosts", max: HOSTS_MAX });
        }
        if let Some(smtp) = &self.smtp {
            smtp.check()?;
        }
        self.hosts.iter().map(|text| Host::parse(text).ok_or_else(|| BadConfig::Host(text.clone()))).collect()
    }
}

impl Smtp {
    fn check(&self) -> Result<(), BadConfig> {
        if self.host.is_empty() || self.host.contains(['/', ':', '@', ' ']) && self.host.parse::<std::net::IpAddr>().is_err() {
            return Err(BadConfig::Host(self.host.clone()));
        }
        if self.tls == SmtpTls::Off && !is_loopback(&self.host) {
            return Err(BadConfig::PlainMail(self.host.clone()));
        }
        if self.from.parse::<lettre::Address>().is_err() {
            return Err(BadConfig::From(self.from.clone()));
        }
        if self.domains.len() > DOMAINS_MAX {
            return Err(BadConfig::TooMany { what: "domains", max: DOMAINS_MAX });
        }
        let bad = |domain: &String| domain.is_empty() || domain.contains(['@', '*', ' ', '/']);
        if self.domains.is_empty() || self.domains.iter().any(bad) { Err(BadConfig::Domains) } else { Ok(()) }
    }
}

/// A host and its port, as a URL has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl Host {
    /// Reads `name` or `name:port`. The name comes out as a URL has it: in lower case, and in punycode where it is not ASCII.
    fn parse(text: &str) -> Option<Self> {
        let url = reqwest::Url::parse(&format!("https://{text}/")).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let bare = bare && url.username().is_empty() && url.password().is_none() && !text.contains(['/', '\\', '?', '#', '@', ' ', '*']);
        let name = url.host_str().filter(|_| bare)?.to_owned();
        Some(Self { name, port: url.port_or_known_default()? })
    }
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_and_a_port() {
        assert_eq!(Host::parse("Hooks.Slack.com"), Some(Host { name: "hooks.slack.com".to_owned(), port: 443 }));
        assert_eq!(Host::parse("[::1]:8080"), Some(Host { name: "[::1]".to_owned(), port: 8080 }));
        for bad in ["", "*", "*.slack.com", "https://hooks.slack.com", "hooks.slack.com/x", "a@hooks.slack.com", "a b", "x:99999", "a\\b"] {
            assert_eq!(Host::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn mail_is_sent_in_the_clear_on_loopback_only() {
        let smtp = |host: &str, tls| Smtp {
            host: host.to_owned(),
            port: 25,
            tls,
            user: None,
            from: "assent@example.com".to_owned(),
            domains: vec!["example.com".to_owned()],
        };
        assert_eq!(smtp("127.0.0.1", SmtpTls::Off).check(), Ok(()));
        assert_eq!(smtp("mail.example", SmtpTls::StartTls).check(), Ok(()));
        assert_eq!(smtp("mail.example", SmtpTls::Off).check(), Err(BadConfig::PlainMail("mail.example".to_owned())));
        let nowhere = Smtp { domains: Vec::new(), ..smtp("mail.example", SmtpTls::Implicit) };
        assert_eq!(nowhere.check(), Err(BadConfig::Domains));
        let nobody = Smtp { from: "assent".to_owned(), ..smtp("mail.example", SmtpTls::Implicit) };
        assert_eq!(nobody.check(), Err(BadConfig::From("assent".to_owned())));
    }
}
