//! Namespaces by name, or by how their names begin.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bytes of a namespace's name at most: RFC 1123.
const NAME_BYTES_MAX: usize = 63;

/// A namespace `shop`, those that begin with `lab-` as `lab-*`, or all as `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamespacePattern(String);

/// Text that names no namespaces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no namespaces; write `shop`, `lab-*` or `*`")]
pub struct BadPattern(String);

impl NamespacePattern {
    /// Whether a namespace is among them.
    #[must_use]
    pub fn admits(&self, namespace: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(start) => namespace.starts_with(start),
            None => namespace == self.0,
        }
    }
}

impl FromStr for NamespacePattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let stem = text.strip_suffix('*').unwrap_or(text);
        let letters = stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let ends = !stem.starts_with('-') && (stem.len() < text.len() || !(stem.is_empty() || stem.ends_with('-')));
        if letters && ends && stem.len() <= NAME_BYTES_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPattern(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for NamespacePattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for NamespacePattern {
    type Error = BadPattern;

    fn try_from(text: String) -> Result<Self, BadPattern> {
        text.parse()
    }
}

impl From<NamespacePattern> for String {
    fn from(pattern: NamespacePattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_admits_what_it_names_and_no_more() {
        let admits = |pattern: &str, namespace: &str| pattern.parse::<NamespacePattern>().unwrap().admits(namespace);
        assert!(admits("shop", "shop") && !admits("shop", "shop-eu") && !admits("shop", "sho"));
        assert!(admits("lab-*", "lab-1") && admits("lab-*", "lab-") && !admits("lab-*", "lab"));
        assert!(admits("*", "kube-system"));
        for bad in ["", "Shop", "a*b", "**", "-a", "a-", "a.b", "a b", "../x", &"a".repeat(64)] {
            assert!(bad.parse::<NamespacePattern>().is_err(), "{bad}");
        }
    }
}
