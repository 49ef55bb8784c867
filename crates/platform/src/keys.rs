//! Keys of machines. A key may do nothing that its maker may not, at each call; its secret is shown once and kept as a hash.

use assent_api::accounts::Grant;
use assent_api::keys::{ApiKey, NewApiKey};
use assent_api::operations::{CreateKey, ListKeys, RevokeKey, RotateKey};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::{AccountId, KeyId};
use assent_http::{Handle, Input, Reply};
use assent_identity::key::{Holder, KeyRecord};
use assent_policy::Resource;
use assent_store::{Expect, Query, Tenant, Write};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AccountDoc, ApiKeyDoc, Maker};
use crate::granting;
use crate::links::no_randomness;
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::turns::{Topic, Turn};

/// Keys of one tenant at most, those that hold no more included.
const KEYS_MAX: u64 = 1_000;
/// Keys that were made with keys, one after the other, before the last of them holds nothing.
const MAKERS_MAX: usize = 8;
/// Seconds that a key with an end holds: a minute to ten years.
const HOLDS_S: std::ops::RangeInclusive<u64> = 60..=10 * 365 * 24 * 3600;

impl ApiKeyDoc {
    fn shown(self) -> ApiKey {
        ApiKey {
            id: self.record.id,
            grants: self.grants().to_vec(),
            name: self.name,
            created_at: self.record.created_at,
            created_by: self.created_by,
            expires_at: self.record.expires_at,
            used_at: self.used_at,
            revoked_at: self.record.revoked_at,
        }
    }

    /// What goes on the ledger about a key: never its hash.
    fn recorded(&self) -> serde_json::Value {
        json!({ "name": self.name, "grants": self.grants(), "expires_at": self.record.expires_at, "generation": self.record.generation })
    }
}

impl ControlPlane {
    /// What a key holds now: of its grants those that its maker still holds.
    pub(crate) async fn held_by(&self, tenant: &Tenant, key: &ApiKeyDoc) -> Result<Vec<Grant>, Problem> {
        let (mut grants, mut maker) = (key.grants().to_vec(), key.maker);
        for _ in 0..MAKERS_MAX {
            let held = match maker {
                Maker::Platform => return Ok(grants),
                Maker::Account(id) => {
                    let account = tenant.get::<AccountDoc>(&id.to_string()).await.map_err(Problem::from_store)?.map(|kept| kept.doc);
                    let Some(account) = account.filter(|account| !account.disabled) else { return Ok(Vec::new()) };
                    maker = Maker::Platform;
                    self.grants_of(tenant, &account, &account.groups).await?
                }
                Maker::Key(id) => {
                    let key = tenant.get::<ApiKeyDoc>(&id.to_string()).await.map_err(Problem::from_store)?.map(|kept| kept.doc);
                    let Some(key) = key.filter(|key| key.record.holds(self.now()).is_ok()) else { return Ok(Vec::new()) };
                    maker = key.maker;
                    key.grants().to_vec()
                }
            };
            grants.retain(|grant| granting::is_held(&held, grant));
        }
        Ok(Vec::new())
    }

    /// Revokes the keys that an account made, with whatever else is written. Gives their ids too.
    pub(crate) async fn without_made_keys(&self, tenant: &Tenant, account: AccountId) -> Result<(Vec<Write>, Vec<KeyId>), Problem> {
        let (mut writes, mut ids) = (Vec::new(), Vec::new());
        for mut kept in tenant.all::<ApiKeyDoc>(&Query::default()).await.map_err(Problem::from_store)? {
            if kept.doc.maker == Maker::Account(account) && kept.doc.record.revoked_at.is_none() {
                ids.push(kept.doc.record.id);
                kept.doc.record = kept.doc.record.revoked(self.now());
                writes.push(Write::put(&kept.id, &kept.doc, Expect::Any).map_err(Problem::from_store)?);
            }
        }
        Ok((writes, ids))
    }
}

impl Handle<ListKeys> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListKeys>) -> Result<Reply<ListKeys>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.require(Action::KeyRead, Resource::of_tenant(desk.tenant_id())).await?;
        let page = Pages::of(&desk, &input.query)?.collect::<ApiKeyDoc, _>(Query::oldest_first(), |kept| Some(kept.doc.shown())).await?;
        Ok(Reply::new(page))
    }
}

impl Handle<CreateKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateKey>) -> Result<Reply<CreateKey>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::KeyManage, Resource::of_tenant(desk.tenant_id())).await?;
        let name = names::title("/name", &input.body.name)?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        desk.may_replace("/grants", &[], &input.body.grants).await?;
        if desk.count::<ApiKeyDoc>(&Query::default()).await? >= KEYS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {KEYS_MAX} keys")));
        }
        if input.body.expires_in_s.is_some_and(|seconds| !HOLDS_S.contains(&seconds)) {
            return Err(Problem::invalid("/expires_in_s", format!("{} to {} seconds", HOLDS_S.start(), HOLDS_S.end())));
        }
        let holder = Holder::Machine { grants: input.body.grants };
        let (record, secret) = KeyRecord::draw(desk.tenant_id(), holder, desk.now, input.body.expires_in_s).map_err(no_randomness)?;
        let id = record.id;
        let doc = ApiKeyDoc { name, record, created_by: desk.name().to_owned(), maker: desk.principal().into(), used_at: None };
        // What only the token of a provider claims is not kept with the account, so the key would hold nothing of it at its first use.
        if self.held_by(&desk.tenant, &doc).await?.len() < doc.grants().len() {
            return Err(Problem::new(
                Code::Conflict,
                "your token's groups count for this call alone: sign in, and make the key in that session",
            ));
        }
        let intent = desk.intend_on(permit, id.to_string(), json!({ "made": doc.recorded() })).await?;
        let key = Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?;
        desk.keep(intent, vec![key, turn.write()?]).await?;
        Ok(Reply::new(NewApiKey { key: doc.shown(), secret: secret.expose().to_owned() }).version(1).location(format!("/api/v1/keys/{id}")))
    }
}

impl Handle<RotateKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RotateKey>) -> Result<Reply<RotateKey>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::KeyManage, Resource::of_tenant(desk.tenant_id()).with_id(input.path.key)).await?;
        let mut kept = desk.get::<ApiKeyDoc>(&input.path.key.to_string()).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        if kept.doc.record.holds(desk.now).is_err() {
            return Err(Problem::new(Code::Conflict, "the key holds no more: make a new one"));
        }
        // Whoever learns the new secret can do what the key can.
        desk.holds(kept.doc.grants().iter())?;
        let (record, secret) = kept.doc.record.rotated().map_err(no_randomness)?;
        kept.doc.record = record;
        // It is theirs now: that is how a key outlives the membership of who made it.
        (kept.doc.maker, kept.doc.created_by) = (desk.principal().into(), desk.name().to_owned());
        let intent = desk.intend(permit, json!({ "rotated": kept.doc.recorded() })).await?;
        desk.keep(intent, vec![Write::put(&kept.id, &kept.doc, expect).map_err(Problem::from_store)?]).await?;
        let answer = NewApiKey { key: kept.doc.shown(), secret: secret.expose().to_owned() };
        Ok(Reply::new(answer).version(kept.version.saturating_add(1)))
    }
}

impl Handle<RevokeKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RevokeKey>) -> Result<Reply<RevokeKey>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::KeyManage, Resource::of_tenant(desk.tenant_id()).with_id(input.path.key)).await?;
        let mut kept = desk.get::<ApiKeyDoc>(&input.path.key.to_string()).await?;
        let _read_as_it_is = desk.expect(&input.meta, kept.version)?;
        // Revoking twice is no harm, and the first instant is the one that counts.
        if kept.doc.record.revoked_at.is_some() {
            return Ok(Reply::new(Empty {}));
        }
        kept.doc.record = kept.doc.record.revoked(desk.now);
        let intent = desk.intend(permit, json!({ "revoked": kept.doc.recorded() })).await?;
        // Any version: a key that is in use changes every minute, and revoking must not lose against that.
        desk.keep(intent, vec![Write::put(&kept.id, &kept.doc, Expect::Any).map_err(Problem::from_store)?]).await?;
        Ok(Reply::new(Empty {}))
    }
}
