//! What is asked of policy: who, what, and with which thing.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use assent_api::accounts::Grant;
use assent_api::{Action, access::Criticality};
use assent_base::id::{AccountId, EnvironmentId, KeyId, TenantId};
use serde::{Deserialize, Serialize};

/// One question to policy. It can be kept, and asked again of other policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Who asks.
    pub caller: Caller,
    /// What they want to do.
    pub action: Action,
    /// With what.
    pub resource: Resource,
}

/// Who asks, with everything they are granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Their tenant.
    pub tenant: TenantId,
    /// The person or machine.
    pub principal: Principal,
    /// What they are granted, by name and by group.
    pub grants: Vec<Grant>,
}

/// A person or a machine. Its text is what ledger records call the actor: `account:acc_…` or `key:key_…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// A person.
    Account(AccountId),
    /// A machine.
    Key(KeyId),
}

/// Text that names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `account:acc_…` or `key:key_…`")]
pub struct BadPrincipal;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id, such as `inc_…`. What is only about to be made has the id of what it will be made in.
    pub id: String,
    /// The environment it is in, if it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The namespaces that it touches; none if it is not bound to namespaces.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub namespaces: BTreeSet<String>,
    /// Whether it is the installation with all its tenants, in the hands of the tenant that runs it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub installation: bool,
    /// What a plan would do, by the word of its action; none if it is no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// How much can go wrong with a plan, in a word; none if it is no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<String>,
}

/// An environment, and how critical it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The environment.
    pub environment: EnvironmentId,
    /// How much a mistake there would cost.
    pub criticality: Criticality,
}

impl Resource {
    /// The tenant itself, or something of it that is in no environment: a member, a key, a policy.
    #[must_use]
    pub fn of_tenant(tenant: TenantId) -> Self {
        let id = tenant.to_string();
        Self { tenant, id, place: None, namespaces: BTreeSet::new(), installation: false, change: None, risk: None }
    }

    /// The installation with all its tenants, of which this one runs it.
    #[must_use]
    pub fn of_installation(tenant: TenantId) -> Self {
        Self { installation: true, ..Self::of_tenant(tenant) }
    }

    /// An environment, or something in it that is bound to no namespace: a cluster, a node's incident.
    #[must_use]
    pub fn in_environment(tenant: TenantId, environment: EnvironmentId, criticality: Criticality) -> Self {
        Self { place: Some(Place { environment, criticality }), id: environment.to_string(), ..Self::of_tenant(tenant) }
    }

    /// The same, touching these namespaces.
    #[must_use]
    pub fn in_namespaces<N: Into<String>>(mut self, namespaces: impl IntoIterator<Item = N>) -> Self {
        self.namespaces = namespaces.into_iter().map(Into::into).collect();
        self
    }

    /// The same, as a plan that would do this, with so much that can go wrong.
    #[must_use]
    pub fn that_changes(mut self, change: &str, risk: &str) -> Self {
        (self.change, self.risk) = (Some(change.to_owned()), Some(risk.to_owned()));
        self
    }

    /// The same, with the id of the thing itself.
    #[must_use]
    pub fn with_id(mut self, id: impl fmt::Display) -> Self {
        self.id = id.to_string();
        self
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::Account(id) => write!(out, "account:{id}"),
            Principal::Key(id) => write!(out, "key:{id}"),
        }
    }
}

impl FromStr for Principal {
    type Err = BadPrincipal;

    fn from_str(text: &str) -> Result<Self, BadPrincipal> {
        match text.split_once(':') {
            Some(("account", id)) => id.parse().map(Principal::Account).map_err(|_| BadPrincipal),
            Some(("key", id)) => id.parse().map(Principal::Key).map_err(|_| BadPrincipal),
            _ => Err(BadPrincipal),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    #[test]
    fn a_principal_reads_back_and_nothing_else_reads() {
        let key = Principal::Key(KeyId::new(Timestamp::UNIX_EPOCH, [7; RANDOM_BYTES]));
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.to_string().replace("key:", "account:").parse::<Principal>(), Err(BadPrincipal), "a key is no account");
        assert_eq!("admin".parse::<Principal>(), Err(BadPrincipal));
    }

    #[test]
    fn an_ask_reads_back() {
        let tenant = TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        let environment = EnvironmentId::new(Timestamp::UNIX_EPOCH, [2; RANDOM_BYTES]);
        let ask = Ask {
            caller: Caller {
                tenant,
                principal: Principal::Account(AccountId::new(Timestamp::UNIX_EPOCH, [3; RANDOM_BYTES])),
                grants: Vec::new(),
            },
            action: Action::IncidentRead,
            resource: Resource::in_environment(tenant, environment, Criticality::Prod).in_namespaces(["shop"]),
        };
        let text = serde_json::to_string(&ask).unwrap();
        assert_eq!(serde_json::from_str::<Ask>(&text).unwrap(), ask);
    }
}
