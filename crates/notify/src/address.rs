//! Where a channel leads. Checked against the configuration when a channel is made, and again before each message.

use assent_api::channels::{PutTarget, Target};
use assent_base::Secret;
use reqwest::Url;

use crate::config::{Config, Host, is_loopback};

/// Characters of a URL.
const URL_CHARS_MAX: usize = 2_000;
/// Recipients of one channel.
const RECIPIENTS_MAX: usize = 20;
/// Characters of a webhook's key, at least and at most.
const KEY_CHARS: std::ops::RangeInclusive<usize> = 16..=256;

/// Where a channel leads, with its secrets.
#[derive(Debug, Clone)]
pub enum Address {
    /// An incoming webhook of Slack.
    Slack(Secret),
    /// A workflow of Teams.
    Teams(Secret),
    /// A receiver of JSON.
    Webhook {
        /// Its URL.
        url: Secret,
        /// The key of the signature.
        key: Secret,
    },
    /// E-mail addresses.
    Email(Vec<String>),
}

/// Where a channel may not lead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not a URL that anything is sent to.
    #[error("an https URL without user or fragment; http is for loopback only")]
    Url,
    /// The configuration does not name the host.
    #[error("the platform's configuration does not name `{0}` in `notify.hosts`")]
    Host(String),
    /// There is no mail server.
    #[error("the platform's configuration names no mail server in `notify.smtp`")]
    NoMail,
    /// Not an e-mail address.
    #[error("`{0}` is no e-mail address")]
    Recipient(String),
    /// The configuration does not name the domain.
    #[error("the platform's configuration does not name `{0}` in `notify.smtp.domains`")]
    Domain(String),
    /// None, or too many.
    #[error("1 to {RECIPIENTS_MAX} addresses")]
    Recipients,
    /// Too short or too long a key.
    #[error("{} to {} characters", KEY_CHARS.start(), KEY_CHARS.end())]
    Key,
}

impl BadAddress {
    /// The field that is at fault, below the target.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            BadAddress::Url | BadAddress::Host(_) => "/url",
            BadAddress::NoMail | BadAddress::Recipient(_) | BadAddress::Domain(_) | BadAddress::Recipients => "/to",
            BadAddress::Key => "/key",
        }
    }
}

impl From<PutTarget> for Address {
    fn from(target: PutTarget) -> Self {
        match target {
            PutTarget::Slack { url } => Address::Slack(url),
            PutTarget::Teams { url } => Address::Teams(url),
            PutTarget::Webhook { url, key } => Address::Webhook { url, key },
            PutTarget::Email { to } => Address::Email(to),
        }
    }
}

impl Address {
    /// As it is shown: without path and query, which are what is secret.
    #[must_use]
    pub fn shown(&self) -> Target {
        match self {
            Address::Slack(url) => Target::Slack { url: masked(url) },
            Address::Teams(url) => Target::Teams { url: masked(url) },
            Address::Webhook { url, .. } => Target::Webhook { url: masked(url) },
            Address::Email(to) => Target::Email { to: to.clone() },
        }
    }

    /// Whether the configuration lets it be used.
    pub(crate) fn check(&self, config: &Config, hosts: &[Host]) -> Result<(), BadAddress> {
        match self {
            Address::Slack(url) | Address::Teams(url) => endpoint(url, hosts).map(drop),
            Address::Webhook { url, key } => {
                endpoint(url, hosts)?;
                if KEY_CHARS.contains(&key.expose().chars().count()) { Ok(()) } else { Err(BadAddress::Key) }
            }
            Address::Email(to) => recipients(to, config).map(drop),
        }
    }
}

/// The URL, if it may be contacted. I10: a host is compared whole, with its port.
pub(crate) fn endpoint(text: &Secret, hosts: &[Host]) -> Result<Url, BadAddress> {
    let text = text.expose();
    let url = Url::parse(text).ok().filter(|_| text.len() <= URL_CHARS_MAX).ok_or(BadAddress::Url)?;
    let host = url.host_str().ok_or(BadAddress::Url)?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let protected = match url.scheme() {
        "https" => true,
        "http" => is_loopback(host),
        _ => false,
    };
    if !plain || !protected {
        return Err(BadAddress::Url);
    }
    let port = url.port_or_known_default().ok_or(BadAddress::Url)?;
    if hosts.iter().any(|named| named.name == host && named.port == port) {
        return Ok(url);
    }
    let standard = url.port().is_none();
    Err(BadAddress::Host(if standard { host.to_owned() } else { format!("{host}:{port}") }))
}

/// The recipients, if mail may go to each of them.
pub(crate) fn recipients(to: &[String], config: &Config) -> Result<Vec<lettre::Address>, BadAddress> {
    let smtp = config.smtp.as_ref().ok_or(BadAddress::NoMail)?;
    if to.is_empty() || to.len() > RECIPIENTS_MAX {
        return Err(BadAddress::Recipients);
    }
    to.iter()
        .map(|text| {
            let address: lettre::Address = text.parse().map_err(|_| BadAddress::Recipient(text.clone()))?;
            let named = smtp.domains.iter().any(|domain| domain.eq_ignore_ascii_case(address.domain()));
            if named { Ok(address) } else { Err(BadAddress::Domain(address.domain().to_owned())) }
        })
        .collect()
}

fn masked(url: &Secret) -> String {
    let read = Url::parse(url.expose()).ok();
    read.map_or_else(|| "…".to_owned(), |url| format!("{}/…", url.origin().ascii_serialization()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &[&str], url: &str) -> Result<(), BadAddress> {
        let config = Config { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..Config::default() };
        let hosts = config.check().unwrap();
        Address::Slack(Secret::new(url.to_owned())).check(&config, &hosts)
    }

    #[test]
    fn only_hosts_that_are_named_are_taken() {
        let named = ["hooks.slack.com", "chat.example:8443", "127.0.0.1:9000"];
        for good in [
            "https://hooks.slack.com/services/T0/B0/x",
            "https://HOOKS.slack.com:443/x",
            "https://chat.example:8443/",
            "http://127.0.0.1:9000/x?a=b",
        ] {
            assert_eq!(check(&named, good), Ok(()), "{good}");
        }
        for bad in [
            "https://hooks.slack.com.evil.example/x",
            "https://evil.example/hooks.slack.com",
            "https://hooks.slack.com:444/x",
            "https://chat.example/x",
            "https://slack.com/x",
            "https://127.0.0.1/x",
            "https://evil.example\\@hooks.slack.com/x",
        ] {
            assert!(matches!(check(&named, bad), Err(BadAddress::Host(_))), "{bad}");
        }
        for bad in [
            "http://hooks.slack.com/x",
            "https://hooks.slack.com@evil.example/x",
            "https://hooks.slack.com/x#y",
            "ftp://hooks.slack.com/x",
            "file:///etc/passwd",
            "hooks.slack.com",
            "",
        ] {
            assert_eq!(check(&named, bad), Err(BadAddress::Url), "{bad}");
        }
        assert!(check(&[], "https://hooks.slack.com/x").is_err(), "none by default");
    }

    #[test]
    fn an_address_is_shown_without_its_secret() {
        let secret = || Secret::new("https://hooks.slack.com/services/T0/B0/s3cret?code=s3cret".to_owned());
        let webhook = Address::Webhook { url: secret(), key: Secret::new("s3cret-s3cret-s3cret".to_owned()) };
        for address in [Address::Slack(secret()), Address::Teams(secret()), webhook] {
            let text = format!("{:?} {address:?}", address.shown());
            assert!(text.contains("https://hooks.slack.com/…") && !text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn mail_goes_to_domains_that_are_named() {
        let smtp = crate::config::Smtp {
            host: "127.0.0.1".to_owned(),
            port: 25,
            tls: crate::config::SmtpTls::Off,
            user: None,
            from: "assent@example.com".to_owned(),
            domains: vec!["example.com".to_owned()],
        };
        let config = Config { smtp: Some(smtp), ..Config::default() };
        let check = |to: &[&str]| recipients(&to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>(), &config).map(|to| to.len());
        assert_eq!(check(&["ada@example.com", "on-call@EXAMPLE.com"]), Ok(2));
        assert_eq!(check(&["ada@sub.example.com"]), Err(BadAddress::Domain("sub.example.com".to_owned())));
        assert_eq!(check(&[]), Err(BadAddress::Recipients));
        for bad in ["ada", "ada@example.com\r\nBcc: eve@evil.example", "Ada <ada@example.com>", "ada@example.com,eve@example.com"] {
            assert!(matches!(check(&[bad]), Err(BadAddress::Recipient(_))), "{bad}");
        }
        assert_eq!(recipients(&["ada@example.com".to_owned()], &Config::default()), Err(BadAddress::NoMail));
    }
}
