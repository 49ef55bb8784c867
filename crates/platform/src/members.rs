//! Members and what they are granted, by name and by group.
//!
//! Nobody gives or takes what they do not hold. The last owner stays: who could undo that?

use assent_api::accounts::{Grant, GroupGrant, GroupGrants, Invited, Member, MemberState};
use assent_api::operations::{GetGroupGrants, GetMember, InviteMember, ListMembers, PutGroupGrants, RemoveMember, UpdateMember};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::AccountId;
use assent_http::{Handle, Input, Reply};
use assent_policy::Resource;
use assent_store::{Expect, Kept, Query, Write};
use serde_json::json;

use crate::address::EmailAddress;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AccountDoc, GroupGrantsDoc, SessionDoc};
use crate::granting;
use crate::links::NewLink;
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::ssh_keys::without_keys;
use crate::turns::{Topic, Turn};

/// Members of one tenant at most.
pub(crate) const MEMBERS_MAX: u64 = 10_000;
/// Groups with grants at most.
const GROUPS_MAX: usize = 200;
/// Characters of a group's name at most: names of directories are long.
const GROUP_CHARS_MAX: usize = 256;
/// The id of the document of group grants.
const GROUPS: &str = "groups";

impl AccountDoc {
    fn state(&self) -> MemberState {
        match (self.disabled, self.has_a_way_in()) {
            (true, _) => MemberState::Disabled,
            (false, true) => MemberState::Active,
            (false, false) => MemberState::Invited,
        }
    }

    fn shown(self) -> Member {
        let state = self.state();
        Member {
            id: self.id,
            email: self.email,
            name: self.name,
            grants: self.grants,
            groups: self.groups,
            state,
            created_at: self.created_at,
            signed_in_at: self.signed_in_at,
        }
    }

    /// What goes on the ledger about a member: never the password.
    fn recorded(&self) -> serde_json::Value {
        json!({ "email": self.email, "name": self.name, "grants": self.grants, "disabled": self.disabled })
    }
}

/// Whether this is somebody who can sign in and owns the tenant by name. What a group gives can be gone tomorrow without a word.
pub(crate) fn is_owner(account: &AccountDoc) -> bool {
    account.state() == MemberState::Active && account.grants.iter().any(granting::is_ownership)
}

impl Desk<'_> {
    async fn member(&self, id: AccountId) -> Result<Kept<AccountDoc>, Problem> {
        self.require(Action::MemberRead, Resource::of_tenant(self.tenant_id()).with_id(id)).await?;
        self.get::<AccountDoc>(&id.to_string()).await
    }

    /// Checks that an owner is left when this account is none.
    async fn leaves_an_owner(&self, without: AccountId) -> Result<(), Problem> {
        let accounts = self.tenant.all::<AccountDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        if accounts.iter().any(|kept| kept.doc.id != without && is_owner(&kept.doc)) {
            return Ok(());
        }
        Err(Problem::new(Code::Conflict, "this is the last owner: make somebody else one first"))
    }

    /// Ends all sessions of an account, with whatever else is written.
    async fn without_sessions(&self, account: AccountId) -> Result<Vec<Write>, Problem> {
        let query = Query::default().equal("account", &account.to_string());
        let sessions = self.tenant.all::<SessionDoc>(&query).await.map_err(Problem::from_store)?;
        let end = |kept: &Kept<SessionDoc>| Write::delete::<SessionDoc>(&kept.id, Expect::Any).map_err(Problem::from_store);
        sessions.iter().map(end).collect()
    }
}

impl Handle<ListMembers> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListMembers>) -> Result<Reply<ListMembers>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.require(Action::MemberRead, Resource::of_tenant(desk.tenant_id())).await?;
        let page = Pages::of(&desk, &input.query)?.collect::<AccountDoc, _>(Query::oldest_first(), |kept| Some(kept.doc.shown())).await?;
        Ok(Reply::new(page))
    }
}

impl Handle<InviteMember> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<InviteMember>) -> Result<Reply<InviteMember>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::MemberManage, Resource::of_tenant(desk.tenant_id())).await?;
        let email = EmailAddress::read("/email", &input.body.email)?;
        let name = names::title("/name", input.body.name.as_deref().unwrap_or_else(|| email.local()))?;
        desk.may_replace("/grants", &[], &input.body.grants).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        if desk.count::<AccountDoc>(&Query::default()).await? >= MEMBERS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {MEMBERS_MAX} members")));
        }
        if desk.count::<AccountDoc>(&Query::default().equal("email", email.as_str())).await? > 0 {
            return Err(Problem::new(Code::Conflict, format!("`{email}` is a member already")));
        }
        let id = self.new_id(AccountId::new);
        let doc = AccountDoc::invited(id, email.to_string(), name, input.body.grants, desk.now);
        let link = NewLink::for_invited(self, desk.tenant_id(), id)?;
        let intent = desk.intend_on(permit, id.to_string(), json!({ "invited": doc.recorded(), "until": link.expires_at() })).await?;
        let account = Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?;
        desk.keep(intent, vec![account, link.write()?, turn.write()?]).await?;
        let invited = Invited { member: doc.shown(), link: link.url(&input.meta.base_url), expires_at: link.expires_at() };
        Ok(Reply::new(invited).version(1).location(format!("/api/v1/members/{id}")))
    }
}

impl Handle<GetMember> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetMember>) -> Result<Reply<GetMember>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let kept = desk.member(input.path.account).await?;
        Ok(Reply::new(kept.doc.shown()).version(kept.version))
    }
}

impl Handle<UpdateMember> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<UpdateMember>) -> Result<Reply<UpdateMember>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::MemberManage, Resource::of_tenant(desk.tenant_id()).with_id(input.path.account)).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        let kept = desk.member(input.path.account).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        let mut doc = kept.doc.clone();
        if let Some(name) = input.body.name {
            doc.name = names::title("/name", &name)?;
        }
        if let Some(grants) = input.body.grants {
            desk.may_replace("/grants", &doc.grants, &grants).await?;
            doc.grants = grants;
        }
        if let Some(disabled) = input.body.disabled {
            // Whoever shuts somebody out, or lets them in again, takes or gives all that they hold.
            desk.holds(self.grants_of(&desk.tenant, &doc, &doc.groups).await?.iter())?;
            doc.disabled = disabled;
        }
        if is_owner(&kept.doc) && !is_owner(&doc) {
            desk.leaves_an_owner(doc.id).await?;
        }
        let mut writes = vec![Write::put(&kept.id, &doc, expect).map_err(Problem::from_store)?, turn.write()?];
        if doc.disabled {
            writes.extend(desk.without_sessions(doc.id).await?);
        }
        let intent = desk.intend(permit, json!({ "before": kept.doc.recorded(), "after": doc.recorded() })).await?;
        desk.keep(intent, writes).await?;
        Ok(Reply::new(doc.shown()).version(kept.version.saturating_add(1)))
    }
}

impl Handle<RemoveMember> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RemoveMember>) -> Result<Reply<RemoveMember>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::MemberManage, Resource::of_tenant(desk.tenant_id()).with_id(input.path.account)).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        let kept = desk.member(input.path.account).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        desk.holds(self.grants_of(&desk.tenant, &kept.doc, &kept.doc.groups).await?.iter())?;
        if is_owner(&kept.doc) {
            desk.leaves_an_owner(kept.doc.id).await?;
        }
        let mut writes = vec![Write::delete::<AccountDoc>(&kept.id, expect).map_err(Problem::from_store)?, turn.write()?];
        writes.extend(desk.without_sessions(kept.doc.id).await?);
        writes.extend(without_keys(&desk.tenant, kept.doc.id).await?);
        let (revoked, keys) = self.without_made_keys(&desk.tenant, kept.doc.id).await?;
        writes.extend(revoked);
        let intent = desk.intend(permit, json!({ "removed": kept.doc.recorded(), "revoked_keys": keys })).await?;
        desk.keep(intent, writes).await?;
        // An address that leads to no account any more opens nothing; it is taken out so that another tenant can have it.
        self.forget_address(&kept.doc.email, kept.doc.id).await?;
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<GetGroupGrants> for ControlPlane {
    async fn handle(&self, caller: Caller, _: Input<GetGroupGrants>) -> Result<Reply<GetGroupGrants>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.require(Action::MemberRead, Resource::of_tenant(desk.tenant_id())).await?;
        let kept = desk.tenant.get::<GroupGrantsDoc>(GROUPS).await.map_err(Problem::from_store)?;
        let (groups, version) = kept.map_or((Vec::new(), 0), |kept| (kept.doc.groups, kept.version));
        Ok(Reply::new(GroupGrants { groups }).version(version))
    }
}

impl Handle<PutGroupGrants> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<PutGroupGrants>) -> Result<Reply<PutGroupGrants>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::MemberManage, Resource::of_tenant(desk.tenant_id())).await?;
        let kept = desk.tenant.get::<GroupGrantsDoc>(GROUPS).await.map_err(Problem::from_store)?;
        let (before, version) = kept.map_or((Vec::new(), 0), |kept| (kept.doc.groups, kept.version));
        let expect = match desk.expect(&input.meta, version)? {
            Expect::Version(0) => Expect::Absent,
            other => other,
        };
        let groups = sorted(input.body.groups)?;
        let of = |groups: &[GroupGrant], name: &str| {
            groups.iter().find(|group| group.group == name).map_or(Vec::new(), |group| group.grants.clone())
        };
        for (at, group) in groups.iter().enumerate() {
            desk.may_replace(&format!("/groups/{at}/grants"), &of(&before, &group.group), &group.grants).await?;
        }
        let gone: Vec<Grant> = before.iter().filter(|old| of(&groups, &old.group).is_empty()).flat_map(|old| old.grants.clone()).collect();
        desk.holds(gone.iter())?;
        let intent = desk.intend(permit, json!({ "before": before, "after": groups })).await?;
        let doc = GroupGrantsDoc { groups };
        desk.keep(intent, vec![Write::put(GROUPS, &doc, expect).map_err(Problem::from_store)?]).await?;
        Ok(Reply::new(GroupGrants { groups: doc.groups }).version(version.saturating_add(1)))
    }
}

impl ControlPlane {
    /// What an account is granted, by name and by its groups.
    pub(crate) async fn grants_of(
        &self,
        tenant: &assent_store::Tenant,
        account: &AccountDoc,
        groups: &[String],
    ) -> Result<Vec<Grant>, Problem> {
        let mut grants = account.grants.clone();
        if groups.is_empty() {
            return Ok(grants);
        }
        let kept = tenant.get::<GroupGrantsDoc>(GROUPS).await.map_err(Problem::from_store)?;
        let by_group = kept.into_iter().flat_map(|kept| kept.doc.groups).filter(|group| groups.contains(&group.group));
        for grant in by_group.flat_map(|group| group.grants) {
            if !grants.contains(&grant) {
                grants.push(grant);
            }
        }
        Ok(grants)
    }
}

impl AccountDoc {
    /// Somebody who has a link and has not used it.
    pub(crate) fn invited(id: AccountId, email: String, name: String, grants: Vec<Grant>, now: assent_base::Timestamp) -> Self {
        Self {
            id,
            email,
            name,
            password: None,
            passkeys: Vec::new(),
            grants,
            groups: Vec::new(),
            subject: None,
            disabled: false,
            created_at: now,
            signed_in_at: None,
        }
    }
}

/// Groups in order of name, each once.
fn sorted(mut groups: Vec<GroupGrant>) -> Result<Vec<GroupGrant>, Problem> {
    if groups.len() > GROUPS_MAX {
        return Err(Problem::invalid("/groups", format!("at most {GROUPS_MAX} groups")));
    }
    for (at, group) in groups.iter().enumerate() {
        let name = &group.group;
        if name.is_empty() || name.chars().count() > GROUP_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Problem::invalid(&format!("/groups/{at}/group"), format!("1 to {GROUP_CHARS_MAX} printable characters")));
        }
        if groups.iter().take(at).any(|other| other.group == *name) {
            return Err(Problem::invalid(&format!("/groups/{at}/group"), "each group once"));
        }
    }
    groups.sort_by(|a, b| a.group.cmp(&b.group));
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use assent_api::{Role, accounts};
    use assent_base::id::RANDOM_BYTES;
    use assent_http::RequestMeta;

    use super::*;
    use crate::caller::Person;
    use crate::fixture::{Fixture, now};

    #[tokio::test]
    async fn an_admin_removes_nobody_who_is_an_owner_by_their_group() {
        let house = Fixture::open().await;
        let tenant = house.plane.first_tenant().await.expect("a tenant");
        let owner = AccountId::new(now(), [1; RANDOM_BYTES]);
        let mut doc = AccountDoc::invited(owner, "ada@example.org".to_owned(), "Ada".to_owned(), Vec::new(), now());
        (doc.groups, doc.subject) = (vec!["owners".to_owned()], Some(("https://idp.example.org".to_owned(), "ada".to_owned())));
        let groups = vec![GroupGrant { group: "owners".to_owned(), grants: vec![granting::ownership()] }];
        tenant.put(&owner.to_string(), &doc, Expect::Absent, now()).await.expect("kept");
        tenant.put(GROUPS, &GroupGrantsDoc { groups }, Expect::Absent, now()).await.expect("kept");
        let path = || accounts::MemberPath { account: owner };
        let shut = assent_api::accounts::UpdateMember { name: None, grants: None, disabled: Some(true) };
        let shut: Input<UpdateMember> = Input { path: path(), query: Empty {}, body: shut, meta: meta() };
        let refused =
            Handle::<UpdateMember>::handle(&house.plane, admin(tenant.id()), shut).await.expect_err("they do not hold that themselves");
        assert_eq!(refused.code, Code::Refused);
        let remove: Input<RemoveMember> = Input { path: path(), query: Empty {}, body: Empty {}, meta: meta() };
        let refused =
            Handle::<RemoveMember>::handle(&house.plane, admin(tenant.id()), remove).await.expect_err("they do not hold that themselves");
        assert_eq!(refused.code, Code::Refused);
    }

    fn admin(tenant: assent_base::id::TenantId) -> Caller {
        let account = AccountId::new(now(), [2; RANDOM_BYTES]);
        let grants = vec![Grant { role: Role::Admin, environment: None, namespaces: Vec::new() }];
        Caller::Person(Box::new(Person {
            account,
            name: "Ben".to_owned(),
            email: String::new(),
            session: None,
            csrf: None,
            groups: Vec::new(),
            who: assent_policy::Caller { tenant, principal: assent_policy::Principal::Account(account), grants },
        }))
    }

    fn meta() -> RequestMeta {
        RequestMeta {
            request_id: "1".to_owned(),
            remote: std::net::Ipv4Addr::LOCALHOST.into(),
            if_match: None,
            idempotency_key: None,
            user_agent: None,
            base_url: "http://localhost".to_owned(),
            secure: false,
            session_cookie: None,
        }
    }
}
