//! People and machines that call, and what they show for it.

use assent_api::accounts::{Grant, GroupGrant};
use assent_base::id::{AccountId, KeyId, TenantId};
use assent_base::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Document, Index, by_time, document};

/// Which tenant an address signs in to. Kept in the installation's own tenant, under the keyed hash of the address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryDoc {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
}
document!(DirectoryDoc = "directory", 1, |doc| vec![Index::Equal("tenant", doc.tenant.to_string())]);

/// Somebody who can sign in, or is invited to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountDoc {
    pub(crate) id: AccountId,
    pub(crate) email: String,
    pub(crate) name: String,
    /// The PHC string of the password; none before the invitation is used, or where an identity provider vouches.
    pub(crate) password: Option<String>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) groups: Vec<String>,
    /// `issuer` and `sub` of the identity provider that vouches.
    pub(crate) subject: Option<(String, String)>,
    pub(crate) disabled: bool,
    pub(crate) lockout: assent_identity::lockout::State,
    pub(crate) created_at: Timestamp,
    pub(crate) signed_in_at: Option<Timestamp>,
}
document!(AccountDoc = "account", 1, |doc| {
    let mut indexes = vec![by_time(doc.created_at), Index::Equal("email", doc.email.clone())];
    indexes.extend(doc.subject.as_ref().map(|(issuer, subject)| Index::Equal("subject", format!("{issuer} {subject}"))));
    indexes
});

/// What a one-time link is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkPurpose {
    /// The first owner of the tenant chooses address and password.
    FirstOwner,
    /// An invited member chooses a password.
    Invitation(AccountId),
}

/// A one-time link. Only the hash of its secret is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkDoc {
    pub(crate) purpose: LinkPurpose,
    pub(crate) link: assent_identity::link::Link,
}
document!(LinkDoc = "link", 1, |_doc| Vec::new());

/// A signed-in browser or terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionDoc {
    pub(crate) account: AccountId,
    pub(crate) session: assent_identity::session::Session,
    pub(crate) user_agent: Option<String>,
}
document!(SessionDoc = "session", 1, |doc| vec![by_time(doc.session.created_at), Index::Equal("account", doc.account.to_string())]);

/// A machine's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyDoc {
    pub(crate) id: KeyId,
    pub(crate) name: String,
    pub(crate) hash: assent_base::Digest,
    pub(crate) grants: Vec<Grant>,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}
document!(ApiKeyDoc = "api_key", 1, |doc| vec![by_time(doc.created_at)]);

/// What members of groups are granted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupGrantsDoc {
    pub(crate) groups: Vec<GroupGrant>,
}
document!(GroupGrantsDoc = "group_grants", 1, |_doc| Vec::new());
