//! Amounts of CPU, memory and scratch space.
//!
//! Units: CPU in thousandths of a core, memory and scratch space in mebibytes. One spelling each, so that equal amounts are equal bytes.

use std::fmt;
use std::str::FromStr;

use assent_base::quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::OutOfDomain;

/// Most CPU that an action may set: 512 cores.
pub const CPU_MILLI_MAX: u32 = 512_000;
/// Most memory or scratch space that an action may set: 4 TiB.
pub const MEBIBYTES_MAX: u32 = 4 << 20;
/// Thousandths of a byte in a mebibyte, as [`quantity::milli`] counts.
const MEBIBYTE_MILLI: i128 = 1000 << 20;

/// What a container may ask for and be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Compute {
    /// CPU time.
    #[serde(rename = "cpu")]
    Cpu,
    /// Memory.
    #[serde(rename = "memory")]
    Memory,
    /// Scratch space on the node's disk.
    #[serde(rename = "ephemeral-storage")]
    EphemeralStorage,
}

impl Compute {
    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Compute::Cpu => "cpu",
            Compute::Memory => "memory",
            Compute::EphemeralStorage => "ephemeral-storage",
        }
    }

    /// An amount of it, from thousandths of its plain unit; memory is rounded up to a mebibyte.
    ///
    /// # Errors
    /// When it is nothing, or more than an action may set.
    pub fn amount(self, milli: i128) -> Result<Amount, OutOfDomain> {
        let bad = OutOfDomain { what: "an amount within bounds" };
        let (units, max) = match self {
            Compute::Cpu => (milli, CPU_MILLI_MAX),
            Compute::Memory | Compute::EphemeralStorage => {
                (milli.checked_add(MEBIBYTE_MILLI - 1).ok_or_else(|| bad.clone())? / MEBIBYTE_MILLI, MEBIBYTES_MAX)
            }
        };
        let units = u32::try_from(units).ok().filter(|units| (1..=max).contains(units)).ok_or(bad)?;
        Ok(Amount { cpu: self == Compute::Cpu, units })
    }
}

/// An amount: `250m` of CPU, `512Mi` of memory. There is no other spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    cpu: bool,
    units: u32,
}

impl Amount {
    /// Whether it is an amount of this.
    #[must_use]
    pub fn is_of(self, compute: Compute) -> bool {
        self.cpu == (compute == Compute::Cpu)
    }

    /// In thousandths of the plain unit.
    #[must_use]
    pub fn milli(self) -> i128 {
        i128::from(self.units) * if self.cpu { 1 } else { MEBIBYTE_MILLI }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.units, if self.cpu { "m" } else { "Mi" })
    }
}

impl FromStr for Amount {
    type Err = OutOfDomain;

    fn from_str(text: &str) -> Result<Self, OutOfDomain> {
        let bad = OutOfDomain { what: "an amount such as `250m` or `512Mi`" };
        let compute = if text.ends_with("Mi") { Compute::Memory } else { Compute::Cpu };
        let milli = quantity::milli(text).ok_or_else(|| bad.clone())?;
        let amount = compute.amount(milli)?;
        if amount.to_string() == text { Ok(amount) } else { Err(bad) }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*(m|Mi)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_one_spelling() {
        for text in ["250m", "512Mi", "1000m"] {
            assert_eq!(text.parse::<Amount>().map(|amount| amount.to_string()), Ok(text.to_owned()));
        }
        for bad in ["1", "0m", "0250m", "1Gi", "1.5Mi", "-1m", "600000m", "9999999Mi", ""] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }

    #[test]
    fn memory_is_rounded_up() {
        assert_eq!(Compute::Memory.amount(1).map(|amount| amount.to_string()), Ok("1Mi".to_owned()));
        assert!(
            Compute::Memory.amount(0).is_err() && Compute::Cpu.amount(i128::MAX).is_err() && Compute::Memory.amount(i128::MAX).is_err()
        );
    }
}
