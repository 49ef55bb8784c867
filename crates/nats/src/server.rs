//! The address of a server, which says how it is protected.

use std::net::IpAddr;
use std::str::FromStr;

use async_nats::ServerAddr;

/// Where a NATS server is: `tls://nats.example:4222`, or `nats://` on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server(ServerAddr);

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    /// It is none.
    #[error("`{0}` is no address of a NATS server: write `tls://`, a host, and a port if it is not 4222")]
    NoAddress(String),
    /// It is in the clear.
    #[error("`{0}` must start with `tls://`: only on loopback may it be `nats://`")]
    InTheClear(String),
    /// It carries a user or a password, which belong into a file.
    #[error("the address of a NATS server holds no user and no password: name a credentials file")]
    Credentials,
}

impl Server {
    pub(crate) fn address(&self) -> ServerAddr {
        self.0.clone()
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host() == "localhost" || self.host().parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Server {
    type Err = BadServer;

    fn from_str(text: &str) -> Result<Self, BadServer> {
        let none = || BadServer::NoAddress(text.chars().take(100).collect());
        if text.contains('@') {
            return Err(BadServer::Credentials);
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(none)?;
        if rest.is_empty() || !matches!(scheme, "tls" | "nats") || text.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(none());
        }
        let address: ServerAddr = text.parse().map_err(|_| none())?;
        let server = Self(address);
        let rest = rest.trim_end_matches('/');
        if server.host().is_empty() || rest.contains(['/', '?', '#', ',']) {
            return Err(none());
        }
        if scheme == "nats" && !server.is_loopback() {
            return Err(BadServer::InTheClear(text.to_owned()));
        }
        Ok(server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_reached_by_tls_or_on_loopback() {
        for (good, port) in
            [("tls://nats.example", 4222), ("tls://nats.example:4443/", 4443), ("nats://127.0.0.1:1", 1), ("nats://[::1]", 4222)]
        {
            assert_eq!(good.parse::<Server>().map(|server| server.port()), Ok(port), "{good}");
        }
        for bad in ["nats://nats.example", "nats://127.0.0.1.example", "nats://10.0.0.1"] {
            assert!(matches!(bad.parse::<Server>(), Err(BadServer::InTheClear(_))), "{bad}");
        }
        for bad in
            ["", "nats.example", "tls://", "ws://127.0.0.1", "wss://nats.example", "tls://a b", "tls://a/b", "tls://a?b", "tls://a,tls://b"]
        {
            assert!(matches!(bad.parse::<Server>(), Err(BadServer::NoAddress(_))), "{bad}");
        }
        assert_eq!("tls://u:p@nats.example".parse::<Server>(), Err(BadServer::Credentials));
    }
}
