//! Who may call an operation: the words of policy that the table of operations uses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a caller of an operation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Anyone, without credentials: set-up, sign-in, public status. What it gives away is decided by a secret in the body, or nothing is.
    Public,
    /// Anyone who is signed in, about nothing but themselves.
    SignedIn,
    /// An observer with a token for exactly one cluster.
    Observer,
    /// An executor with a token for exactly one cluster.
    Executor,
    /// Whoever policy lets do this to the resource that the call names.
    Action(Action),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word of the API and of policies.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($name::$variant),)*
                    _ => Err(format!("`{text}` is none of: {}", [$($word),*].join(", "))),
                }
            }
        }
    };
}

words! {
    /// What a role is given for. A grant joins a role with a tenant, an environment or namespaces of one.
    Role {
        /// Everything, the tenant's deletion included.
        Owner = "owner",
        /// Members, environments, clusters, keys, policies.
        Admin = "admin",
        /// Reads, works on incidents, and votes on plans.
        Approver = "approver",
        /// Reads, and works on incidents.
        Operator = "operator",
        /// Reads incidents and reports.
        Viewer = "viewer",
        /// Reads everything that was recorded, and changes nothing.
        Auditor = "auditor",
    }
}

words! {
    /// What can be done, as policies name it.
    Action {
        /// Make a tenant. Only owners of the tenant that runs the installation may.
        TenantCreate = "tenant.create",
        /// Read the tenant's settings.
        TenantRead = "tenant.read",
        /// Change the tenant's settings.
        TenantUpdate = "tenant.update",
        /// Export everything of the tenant.
        TenantExport = "tenant.export",
        /// Delete the tenant for good.
        TenantDelete = "tenant.delete",
        /// See who is a member.
        MemberRead = "member.read",
        /// Invite, change roles, remove.
        MemberManage = "member.manage",
        /// See environments.
        EnvironmentRead = "environment.read",
        /// Create, change, remove environments.
        EnvironmentManage = "environment.manage",
        /// See clusters and their health.
        ClusterRead = "cluster.read",
        /// Add, change, remove clusters; rotate and revoke their keys.
        ClusterManage = "cluster.manage",
        /// See which machine keys exist.
        KeyRead = "key.read",
        /// Create, rotate, revoke machine keys.
        KeyManage = "key.manage",
        /// Read incidents, reports, comments.
        IncidentRead = "incident.read",
        /// Comment on and assign incidents.
        IncidentComment = "incident.comment",
        /// Mute, dismiss, reopen, rerun.
        IncidentManage = "incident.manage",
        /// Share a report by link, and revoke the link.
        IncidentShare = "incident.share",
        /// Read plans, who assented to them, and what became of them.
        PlanRead = "plan.read",
        /// Propose and adapt plans, and give them to somebody.
        PlanPropose = "plan.propose",
        /// Assent to a plan, or say no to it. It takes a signature, so only people can.
        PlanVote = "plan.vote",
        /// Let an executor run plans in a cluster, and take that back.
        ExecutorManage = "executor.manage",
        /// Read the ledger.
        LedgerRead = "ledger.read",
        /// Export the ledger.
        LedgerExport = "ledger.export",
        /// Read policies, and ask what they would decide.
        PolicyRead = "policy.read",
        /// Change policies.
        PolicyManage = "policy.manage",
        /// Read redaction rules, and try them.
        RedactionRead = "redaction.read",
        /// Change redaction rules.
        RedactionManage = "redaction.manage",
        /// See the sources of alerts.
        AlertSourceRead = "alert_source.read",
        /// Add and remove sources of alerts.
        AlertSourceManage = "alert_source.manage",
        /// See where notifications go, and whether they arrive.
        ChannelRead = "channel.read",
        /// Add, change, remove and try channels of notifications.
        ChannelManage = "channel.manage",
        /// Follow the live stream. Each event is checked on its own.
        EventRead = "event.read",
    }
}

words! {
    /// How much a mistake in an environment would cost. Policy packs go by it.
    Criticality {
        /// Nobody depends on it.
        Lab = "lab",
        /// Developers depend on it.
        Dev = "dev",
        /// Rehearses production.
        Staging = "staging",
        /// Customers depend on it.
        Prod = "prod",
    }
}
