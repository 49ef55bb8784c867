//! Members of a tenant and what they are granted.

use assent_base::id::{AccountId, EnvironmentId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Role;

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The environment; the whole tenant if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// Only these namespaces; all by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The account.
    pub id: AccountId,
    /// The address.
    pub email: String,
    /// What others see.
    pub name: String,
    /// What was granted by name.
    pub grants: Vec<Grant>,
    /// Groups that the identity provider last claimed; none by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether they can sign in.
    pub state: MemberState,
    /// When the account came to be.
    pub created_at: assent_base::Timestamp,
    /// When they last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<assent_base::Timestamp>,
}

/// Whether a member can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// Has a link and has not used it.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot.
    Disabled,
}

/// Invites somebody. The answer holds a one-time link, to be handed over by you.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteMember {
    /// The address.
    pub email: String,
    /// What others see; they may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What to grant; nothing by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

/// The invitation. The link is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// The member.
    pub member: Member,
    /// The link, valid once.
    pub link: String,
    /// Until when.
    pub expires_at: assent_base::Timestamp,
}

/// Changes a member. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMember {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All grants, in place of the present ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<Grant>>,
    /// Whether to shut them out, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPath {
    /// The account.
    pub account: AccountId,
}

/// What members of a group of the identity provider are granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupGrant {
    /// The group, as the provider claims it.
    pub group: String,
    /// What they get.
    pub grants: Vec<Grant>,
}

/// All groups with grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupGrants {
    /// In order of name.
    pub groups: Vec<GroupGrant>,
}
