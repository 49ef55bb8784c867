//! Addresses that people sign in with.

use std::fmt;

use assent_api::Problem;

/// Bytes of an address at most: RFC 5321, 4.5.3.1.3.
const ADDRESS_BYTES_MAX: usize = 254;
/// Bytes before the `@` at most: RFC 5321, 4.5.3.1.1.
const LOCAL_BYTES_MAX: usize = 64;

/// An e-mail address in its one spelling here: trimmed, ASCII, in lower case. Nothing is ever sent to it by this type's word alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address that somebody typed.
    pub(crate) fn read(pointer: &str, text: &str) -> Result<Self, Problem> {
        let text = text.trim().to_ascii_lowercase();
        if is_address(&text) { Ok(Self(text)) } else { Err(Problem::invalid(pointer, "an address such as `ada@example.org`")) }
    }

    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`: a name for want of a better one.
    pub(crate) fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn is_address(text: &str) -> bool {
    // Quoted local parts and addresses of single hosts by number are legal, and nobody has one to sign in with.
    let local_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= ADDRESS_BYTES_MAX
        && (1..=LOCAL_BYTES_MAX).contains(&local.len())
        && local.bytes().all(local_byte)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        let read = |text: &str| EmailAddress::read("/email", text).map(|address| address.to_string()).ok();
        assert_eq!(read(" Ada.L@Example.ORG "), Some("ada.l@example.org".to_owned()));
        assert_eq!(read("root@localhost"), Some("root@localhost".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@c.d",
            "ada@@c.d",
            "a@b@c.d",
            ".a@c.d",
            "a.@c.d",
            "a..b@c.d",
            "a@-c.d",
            "a@c..d",
            "ä@c.d",
            &long,
        ] {
            assert!(EmailAddress::read("/email", bad).is_err(), "{bad}");
        }
    }
}
