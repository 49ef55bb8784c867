//! Names and values: text of bounded length from a small alphabet.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{OutOfDomain, is_redacted};

/// Bytes of a label value, a container name or one part of a DNS name.
const LABEL_BYTES_MAX: usize = 63;
/// Bytes of a DNS name, and of a key of a ConfigMap.
const NAME_BYTES_MAX: usize = 253;
/// Bytes of a port's name.
const PORT_NAME_BYTES_MAX: usize = 15;
/// Bytes of a value that an action may set. Longer ones are files, and files belong into a repository.
pub const VALUE_BYTES_MAX: usize = 4096;

macro_rules! bounded_text {
    ($($(#[$doc:meta])* $name:ident($what:literal, $max:expr, $check:expr);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = OutOfDomain;

            fn from_str(text: &str) -> Result<Self, OutOfDomain> {
                let check: fn(&str) -> bool = $check;
                if text.len() <= $max && check(text) { Ok(Self(text.into())) } else { Err(OutOfDomain { what: $what }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "maxLength": $max, "description": $what })
            }
        }
    )*};
}
pub(crate) use bounded_text;

bounded_text! {
    /// A container's name: an RFC 1123 label.
    ContainerName("the name of a container", LABEL_BYTES_MAX, is_label);
    /// The name of an environment variable.
    EnvName("the name of an environment variable", NAME_BYTES_MAX, is_variable);
    /// A key of a ConfigMap.
    ConfigKey("a key of a ConfigMap", NAME_BYTES_MAX, is_config_key);
    /// A value of a setting: text without control characters, and nothing that an observer took something out of.
    SettingValue("a value without control characters", VALUE_BYTES_MAX, is_value);
    /// The key of a label, with or without prefix.
    LabelKey("the key of a label", NAME_BYTES_MAX + 1 + LABEL_BYTES_MAX, is_label_key);
    /// The value of a label; it may be empty.
    LabelValue("the value of a label", LABEL_BYTES_MAX, |text| text.is_empty() || is_qualified(text));
    /// The name of a port.
    PortName("the name of a port", PORT_NAME_BYTES_MAX, |text| is_label(text) && text.bytes().any(|byte| byte.is_ascii_lowercase()));
}

/// RFC 1123, section 2.1: lower-case letters, digits and hyphens, neither first nor last a hyphen.
pub(crate) fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= LABEL_BYTES_MAX && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Labels joined by dots. Colons occur in names of RBAC objects and are admitted there only, so not here.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.split('.').all(is_label)
}

fn is_variable(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_') && text.bytes().all(rest)
}

fn is_config_key(text: &str) -> bool {
    !text.is_empty() && !matches!(text, "." | "..") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_value(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')) && !is_redacted(text)
}

fn is_qualified(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= LABEL_BYTES_MAX && ends(text.bytes().next()) && ends(text.bytes().last()) && text.bytes().all(inner)
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_name(prefix) && is_qualified(name),
        None => is_qualified(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_what_kubernetes_admits() {
        assert!("web-1".parse::<ContainerName>().is_ok() && "Web".parse::<ContainerName>().is_err());
        assert!("DB_HOST".parse::<EnvName>().is_ok() && "1A".parse::<EnvName>().is_err() && "A=B".parse::<EnvName>().is_err());
        assert!("app.kubernetes.io/name".parse::<LabelKey>().is_ok() && "a b".parse::<LabelKey>().is_err());
        assert!("".parse::<LabelValue>().is_ok() && "-x".parse::<LabelValue>().is_err());
        assert!("http".parse::<PortName>().is_ok() && "8080".parse::<PortName>().is_err());
        assert!("..".parse::<ConfigKey>().is_err() && "app.yaml".parse::<ConfigKey>().is_ok());
    }

    #[test]
    fn a_value_has_no_control_characters_and_no_mark_of_redaction() {
        assert!("cart:6379\n".parse::<SettingValue>().is_ok());
        assert!("a\u{1b}[2J".parse::<SettingValue>().is_err());
        assert!("[redacted:password:0a0b0c0d]".parse::<SettingValue>().is_err());
        assert!("x".repeat(VALUE_BYTES_MAX + 1).parse::<SettingValue>().is_err());
    }
}
