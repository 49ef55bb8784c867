//! Whole numbers with bounds: replicas, revisions, ports.

use serde::{Deserialize, Deserializer, Serialize};

use super::OutOfDomain;

/// Most replicas that an action may ask for. More is a decision about a fleet and no repair.
pub const REPLICAS_MAX: u32 = 1000;
/// Largest revision number: Kubernetes counts them in 63 bits, people in a few hundreds.
pub const REVISION_MAX: u32 = 1_000_000;

macro_rules! bounded_number {
    ($($(#[$doc:meta])* $name:ident($inner:ty, $min:expr, $max:expr, $what:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The number, if it is within bounds.
            ///
            /// # Errors
            /// When it is not.
            pub fn new(number: $inner) -> Result<Self, OutOfDomain> {
                if ($min..=$max).contains(&number) { Ok(Self(number)) } else { Err(OutOfDomain { what: $what }) }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, out)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                Self::new(<$inner>::deserialize(input)?).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "minimum": $min, "maximum": $max })
            }
        }
    )*};
}

bounded_number! {
    /// How many replicas are asked for.
    Replicas(u32, 0, REPLICAS_MAX, "a number of replicas from 0 to 1000");
    /// The number of a revision of a Deployment.
    Revision(u32, 1, REVISION_MAX, "a revision number from 1");
    /// A port.
    PortNumber(u16, 1, u16::MAX, "a port from 1 to 65535");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_are_refused_when_read() {
        assert!(serde_json::from_str::<Replicas>("1001").is_err() && serde_json::from_str::<Replicas>("-1").is_err());
        assert!(serde_json::from_str::<PortNumber>("0").is_err() && serde_json::from_str::<PortNumber>("65535").is_ok());
        assert!(serde_json::from_str::<Revision>("0").is_err());
    }
}
