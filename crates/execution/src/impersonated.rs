//! Whom an executor may act as: a user of the cluster, and the groups that come along.
//!
//! Names of the system are none. A service account or `system:masters` would carry rights that nobody gave to the person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Bytes of a user's or a group's name at most.
pub const NAME_BYTES_MAX: usize = 256;
/// Groups of one user at most.
pub const GROUPS_MAX: usize = 16;
/// What the names of the system begin with.
const SYSTEM: &str = "system:";

/// A user of the cluster, as the API server knows people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impersonated {
    /// The name: `ada@example.com`.
    pub user: String,
    /// The groups; none by default.
    #[serde(default)]
    pub groups: BTreeSet<String>,
}

/// Why nobody can be acted as under these names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// A name of the system.
    #[error("`{0}` belongs to the system, and nobody acts under it")]
    System(String),
    /// Not a name.
    #[error("a user or group has a name of 1 to {NAME_BYTES_MAX} printable ASCII characters without spaces around it")]
    NoName,
    /// Too many groups.
    #[error("`{0}` has more than {GROUPS_MAX} groups")]
    TooManyGroups(String),
}

impl Impersonated {
    /// Checks the names.
    ///
    /// # Errors
    /// When one is none, or one of the system.
    pub fn check(&self) -> Result<(), BadName> {
        name(&self.user)?;
        self.groups.iter().try_for_each(|group| name(group))?;
        if self.groups.len() > GROUPS_MAX { Err(BadName::TooManyGroups(self.user.clone())) } else { Ok(()) }
    }
}

/// These names become headers of requests, so they are printable ASCII, and one spelling of `system:` is as bad as another.
fn name(text: &str) -> Result<(), BadName> {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !printable || text.trim() != text {
        return Err(BadName::NoName);
    }
    if text.to_ascii_lowercase().starts_with(SYSTEM) { Err(BadName::System(text.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_acts_under_a_name_of_the_system() {
        let person = |user: &str, groups: &[&str]| Impersonated {
            user: user.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        };
        assert_eq!(person("ada@example.com", &["sre", "on call"]).check(), Ok(()));
        for bad in ["system:admin", "System:admin", "system:serviceaccount:shop:ci"] {
            assert_eq!(person(bad, &[]).check(), Err(BadName::System(bad.to_owned())));
        }
        assert_eq!(person("ada", &["system:masters"]).check(), Err(BadName::System("system:masters".to_owned())));
        for bad in ["", " ada", "a\nb", "a\r\nImpersonate-Group: x", "ä", &"a".repeat(NAME_BYTES_MAX + 1)] {
            assert_eq!(person(bad, &[]).check(), Err(BadName::NoName), "{bad:?}");
        }
        let many: Vec<String> = (0..=GROUPS_MAX).map(|n| format!("g{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(person("ada", &many).check().is_err());
    }
}
