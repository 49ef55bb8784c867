//! Typed identifiers: two kinds never mix, and their text form tells them apart in a log.
//!
//! An id is a UUID of version 7 behind a prefix: `inc_0192f0c1d2e37a4b8c5d6e7f80912a3b`. Its instant and its random bits come from
//! outside, since the ground reads no clock and draws no randomness.

use std::fmt;

/// Random bytes that a new id takes.
pub const RANDOM_BYTES: usize = 10;

/// What is wrong with text that should be an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "expected an id such as `{}_0192f0c1d2e37a4b8c5d6e7f80912a3b`", self.prefix)
    }
}

impl std::error::Error for BadId {}

type Bytes = [u8; 16];

fn parse(prefix: &'static str, text: &str) -> Result<Bytes, BadId> {
    let bad = BadId { prefix };
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(|| bad.clone())?;
    // One spelling only: an id that reads the same in two ways would be two keys of one thing.
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return Err(bad);
    }
    u128::from_str_radix(digits, 16).map(u128::to_be_bytes).map_err(|_| bad)
}

/// RFC 9562, section 5.7: 48 bits of milliseconds, then random bits around version and variant.
fn fresh(at: crate::Timestamp, random: [u8; RANDOM_BYTES]) -> Bytes {
    let millis = u128::try_from(at.as_millisecond()).unwrap_or(0);
    let random = random.into_iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(byte));
    let version_and_variant = (0x7 << 76) | (0b10 << 62);
    let free = ((0xfff << 64) | ((1 << 62) - 1)) & random;
    ((millis << 80) | version_and_variant | free).to_be_bytes()
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident($prefix:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Bytes);

        impl $name {
            /// What its text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, ordered by its instant; the random bits keep ids of one instant apart.
            #[must_use]
            pub fn new(at: crate::Timestamp, random: [u8; RANDOM_BYTES]) -> Self {
                Self(fresh(at, random))
            }

            /// The sixteen bytes, as keys and additional data of ciphers want them.
            #[must_use]
            pub const fn as_bytes(&self) -> &Bytes {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!($prefix, "_{:032x}"), u128::from_be_bytes(self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": concat!("^", $prefix, "_[0-9a-f]{32}$") })
            }
        }
    )*};
}

typed_id! {
    /// The isolation boundary: every stored row belongs to exactly one.
    TenantId("tnt");
    /// A criticality with its policy, redaction and retention: a tenant has several, a cluster is in one.
    EnvironmentId("env");
    /// One Kubernetes API server that a tenant has registered.
    ClusterId("cls");
    /// Findings with one explanation, from the first sign to the end.
    IncidentId("inc");
    /// A person who can sign in.
    AccountId("acc");
    /// A signed-in browser or terminal.
    SessionId("ses");
    /// A passkey of a person. The id is ours; its authenticator knows it by another.
    PasskeyId("pky");
    /// A key of a machine or of an observer. The id is no secret.
    KeyId("key");
    /// A remark of a person about an incident.
    CommentId("cmt");
    /// A link that shows one report to whoever holds it.
    ShareId("shr");
    /// One way in for alerts of others.
    AlertSourceId("als");
    /// A set of Cedar policies with a name.
    PolicyId("pol");
    /// One change that is proposed, from its drawing to its end.
    PlanId("pln");
    /// An SSH key of a person, which signs ballots. The id is ours.
    SshKeyId("ssk");
    /// One way out for notifications.
    ChannelId("chn");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_nothing_else_reads() {
        let id = IncidentId::new(crate::Timestamp::UNIX_EPOCH, [7; RANDOM_BYTES]);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert!(text.parse::<TenantId>().is_err(), "another kind of id");
        assert!(text.to_uppercase().parse::<IncidentId>().is_err(), "a second spelling");
        assert!(text.get(4..).is_some_and(|bare| bare.parse::<IncidentId>().is_err()), "no prefix");
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7() {
        let at = crate::Timestamp::from_millisecond(0x0192_f0c1_d2e3).unwrap_or_default();
        assert_eq!(TenantId::new(at, [0xff; RANDOM_BYTES]).to_string(), "tnt_0192f0c1d2e37fffbfffffffffffffff");
        assert_eq!(TenantId::new(at, [0; RANDOM_BYTES]).to_string(), "tnt_0192f0c1d2e370008000000000000000");
    }

    #[test]
    fn ids_order_by_their_instant() {
        let instants: Vec<crate::Timestamp> =
            ["2026-05-04T10:00:00Z", "2026-05-04T10:00:01Z"].iter().filter_map(|text| text.parse().ok()).collect();
        let ids: Vec<IncidentId> = instants.iter().map(|at| IncidentId::new(*at, [255; RANDOM_BYTES])).collect();
        assert!(ids.is_sorted() && ids.len() == 2);
    }
}
