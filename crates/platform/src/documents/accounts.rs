//! People and machines that call, and what they show for it.

use assent_api::accounts::{Grant, GroupGrant};
use assent_approval::webauthn::Credential;
use assent_base::Timestamp;
use assent_base::id::{AccountId, PasskeyId, TenantId};
use assent_identity::key::{Holder, KeyRecord};
use assent_identity::link::Link;
use assent_identity::lockout::Failures;
use assent_identity::password::PasswordRecord;
use assent_identity::session::Session;
use serde::{Deserialize, Serialize};

use super::{Index, by_time, document};

/// Which tenant an address signs in to. Kept in the installation's own tenant, under the keyed hash of the address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryDoc {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
}
document!(DirectoryDoc = "directory", 1, |doc| vec![Index::Equal("tenant", doc.tenant.to_string())]);

/// Failed attempts to sign in with an address or from one, whether or not there is an account. Kept in the installation's own tenant,
/// under a keyed hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttemptsDoc {
    pub(crate) failures: Failures,
    pub(crate) at: Timestamp,
}
document!(AttemptsDoc = "attempts", 1, |doc| vec![by_time(doc.at)]);

/// A passkey as it is kept, with the account that it is for: both change together, or neither does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyRecord {
    pub(crate) id: PasskeyId,
    pub(crate) name: String,
    /// The domain that it is bound to.
    pub(crate) party: String,
    pub(crate) credential: Credential,
    pub(crate) created_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

/// A ticket that was used, under the digest of its challenge, for as long as it would hold. Kept in the installation's own tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpentTicketDoc {
    pub(crate) until: Timestamp,
}
document!(SpentTicketDoc = "spent_ticket", 1, |doc| vec![by_time(doc.until)]);

/// Somebody who can sign in, or is invited to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountDoc {
    pub(crate) id: AccountId,
    pub(crate) email: String,
    pub(crate) name: String,
    /// None before the invitation is used, where there are passkeys in its place, or where an identity provider vouches.
    pub(crate) password: Option<PasswordRecord>,
    /// In the order in which they were added.
    #[serde(default)]
    pub(crate) passkeys: Vec<PasskeyRecord>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) groups: Vec<String>,
    /// `issuer` and `sub` of the identity provider that vouches.
    pub(crate) subject: Option<(String, String)>,
    pub(crate) disabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) signed_in_at: Option<Timestamp>,
}
document!(AccountDoc = "account", 2, |doc| {
    let mut indexes = vec![by_time(doc.created_at), Index::Equal("email", doc.email.clone())];
    indexes.extend(doc.subject.as_ref().map(|(issuer, subject)| Index::Equal("subject", subject_key(issuer, subject))));
    indexes
});

/// By what a person whom an identity provider vouches for is found.
pub(crate) fn subject_key(issuer: &str, subject: &str) -> String {
    format!("{issuer} {subject}")
}

/// A one-time link, under the id of the account that it is for. Only the hash of its secret is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkDoc {
    pub(crate) link: Link,
}
document!(LinkDoc = "link", 1, |_doc| Vec::new());

/// A signed-in browser or terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionDoc {
    pub(crate) session: Session,
}
document!(SessionDoc = "session", 1, |doc| vec![by_time(doc.session.created_at), Index::Equal("account", doc.session.account.to_string())]);

/// A machine's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyDoc {
    pub(crate) name: String,
    pub(crate) record: KeyRecord,
    pub(crate) created_by: String,
    /// The member who answers for it: it holds only while they are one. Whoever rotates it takes it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maker: Option<AccountId>,
    pub(crate) used_at: Option<Timestamp>,
}
document!(ApiKeyDoc = "api_key", 1, |doc| vec![by_time(doc.record.created_at)]);

impl ApiKeyDoc {
    /// What it may do: nothing, if it is none of a machine.
    pub(crate) fn grants(&self) -> &[Grant] {
        match &self.record.holder {
            Holder::Machine { grants } => grants,
            Holder::Observer { .. } | Holder::Executor { .. } => &[],
        }
    }
}

/// What members of groups are granted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupGrantsDoc {
    pub(crate) groups: Vec<GroupGrant>,
}
document!(GroupGrantsDoc = "group_grants", 1, |_doc| Vec::new());
