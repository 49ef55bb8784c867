//! Setting up, signing in and out, and who one is.

use assent_base::Secret;
use assent_base::id::{AccountId, SessionId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::Grant;

/// Uses a one-time link: the first admin of a tenant, or an invited member, chooses a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The secret of the link.
    pub token: Secret,
    /// The address to sign in with.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The password; 12 characters at least.
    pub password: Secret,
}

/// Signs in with a local account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password.
    pub password: Secret,
}

/// The session now stands in a cookie that scripts cannot read; this is what scripts may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedIn {
    /// Who is signed in.
    pub me: Me,
    /// To be sent as `X-Csrf-Token` with everything but GET.
    pub csrf_token: String,
}

/// Who is calling, and with which rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Me {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// `account:acc_…` or `key:key_…`, as ledger records name it.
    pub principal: String,
    /// The account, of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What others see.
    pub name: String,
    /// The address, of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What was granted.
    pub grants: Vec<Grant>,
    /// The token of this session, of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
}

/// A signed-in browser or terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: assent_base::Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: assent_base::Timestamp,
    /// When it ends by itself.
    pub expires_at: assent_base::Timestamp,
    /// What the browser calls itself; a hint and no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Of a command line that was allowed in a browser: what it calls its machine; a hint and no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
    /// Whether it is the one asking.
    pub current: bool,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionPath {
    /// Its id.
    pub session: SessionId,
}

/// An identity provider that people can sign in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSummary {
    /// What the button says.
    pub name: String,
    /// The path to send the browser to.
    pub start: String,
}

/// How people can sign in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInOptions {
    /// Whether a first admin has been set up.
    pub set_up: bool,
    /// Whether local accounts may sign in.
    pub password: bool,
    /// Whether passkeys can be used at the address that this was asked at. Browsers have none for addresses by number, nor without TLS
    /// elsewhere than at `localhost`.
    pub passkey: bool,
    /// Identity providers.
    pub providers: Vec<ProviderSummary>,
    /// The address of the console.
    pub console: String,
}
