//! Cookies, as text.
//!
//! Under TLS a cookie is named `__Host-…`: browsers then take it only with `Secure`, with `Path=/` and without `Domain`, so that neither
//! a sibling domain nor plain HTTP can plant one.
//!
//! Source: RFC 6265bis.

use crate::opaque::Opaque;

/// Bytes of `Cookie` headers at most.
pub const COOKIE_BYTES_MAX: usize = 16 * 1024;

/// How the browser reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// By HTTPS.
    Tls,
    /// By HTTP on this machine.
    Loopback,
}

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session. `SameSite=Strict`: a call from another site is never a call of ours.
    Session,
    /// A sign-in under way with an identity provider. `SameSite=Lax`: the browser comes back from another site.
    SignIn,
}

/// Cookies that cannot be told apart, or too many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCookies {
    /// Two of one name: one of them was planted.
    #[error("two cookies of one name")]
    Twice,
    /// It is not one that we made.
    #[error("a cookie that we did not make")]
    Malformed,
    /// More than a browser of ours sends.
    #[error("more than {COOKIE_BYTES_MAX} bytes of cookies")]
    TooLong,
}

impl Cookie {
    /// Its name.
    #[must_use]
    pub fn name(self, transport: Transport) -> &'static str {
        match (self, transport) {
            (Cookie::Session, Transport::Tls) => "__Host-assent",
            (Cookie::Session, Transport::Loopback) => "assent",
            (Cookie::SignIn, Transport::Tls) => "__Host-assent-sign-in",
            (Cookie::SignIn, Transport::Loopback) => "assent-sign-in",
        }
    }

    /// The value of a `Set-Cookie` header that sets it for so long.
    #[must_use]
    pub fn set(self, transport: Transport, secret: &Opaque, max_age_s: u64) -> String {
        let attributes = self.attributes(transport);
        format!("{}={}; Max-Age={max_age_s}; {attributes}", self.name(transport), secret.text().expose())
    }

    /// The value of a `Set-Cookie` header that removes it.
    #[must_use]
    pub fn clear(self, transport: Transport) -> String {
        format!("{}=; Max-Age=0; {}", self.name(transport), self.attributes(transport))
    }

    fn attributes(self, transport: Transport) -> String {
        let same_site = match self {
            Cookie::Session => "Strict",
            Cookie::SignIn => "Lax",
        };
        let secure = match transport {
            Transport::Tls => "; Secure",
            Transport::Loopback => "",
        };
        format!("Path=/; HttpOnly; SameSite={same_site}{secure}")
    }

    /// Finds it in the values of all `Cookie` headers of a request; nothing if it is not there.
    pub fn read<'a>(self, transport: Transport, headers: impl IntoIterator<Item = &'a str>) -> Result<Option<Opaque>, BadCookies> {
        let name = self.name(transport);
        let mut bytes = 0_usize;
        let mut found = None;
        for header in headers {
            bytes = bytes.saturating_add(header.len());
            if bytes > COOKIE_BYTES_MAX {
                return Err(BadCookies::TooLong);
            }
            let ours = header.split(';').filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name);
            for (_, value) in ours {
                let secret = Opaque::parse(value).ok_or(BadCookies::Malformed)?;
                if found.replace(secret).is_some() {
                    return Err(BadCookies::Twice);
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let secret = Opaque::draw().unwrap();
        let text = secret.text();
        assert_eq!(
            Cookie::Session.set(Transport::Tls, &secret, 60),
            format!("__Host-assent={}; Max-Age=60; Path=/; HttpOnly; SameSite=Strict; Secure", text.expose())
        );
        assert_eq!(
            Cookie::SignIn.set(Transport::Loopback, &secret, 60),
            format!("assent-sign-in={}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax", text.expose())
        );
        assert_eq!(Cookie::Session.clear(Transport::Loopback), "assent=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let secret = Opaque::draw().unwrap();
        let pair = format!("__Host-assent={}", secret.text().expose());
        let read = |headers: &[&str]| Cookie::Session.read(Transport::Tls, headers.iter().copied());
        assert_eq!(read(&[&format!("theme=dark; {pair}; x=y")]).unwrap().unwrap().hash(), secret.hash());
        assert!(read(&["theme=dark", "__Host-assent-sign-in=x"]).unwrap().is_none());
        assert_eq!(read(&[&format!("{pair}; {pair}")]).unwrap_err(), BadCookies::Twice);
        assert_eq!(read(&[&pair, &pair]).unwrap_err(), BadCookies::Twice);
        assert_eq!(read(&["__Host-assent=admin"]).unwrap_err(), BadCookies::Malformed);
        assert_eq!(read(&["x=y; ".repeat(4_000).as_str()]).unwrap_err(), BadCookies::TooLong);
    }

    #[test]
    fn a_cookie_of_plain_http_is_none_under_tls() {
        let header = format!("assent={}", Opaque::draw().unwrap().text().expose());
        assert!(Cookie::Session.read(Transport::Tls, [header.as_str()]).unwrap().is_none());
    }
}
