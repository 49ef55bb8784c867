//! Ways out for notifications, as people set them. What is sent, and when, is decided in [`crate::notices`].
//!
//! I10: a channel that leads to a host that the configuration does not name is refused when it is made; it is refused again when something
//! is sent, since a configuration can change.

use std::collections::BTreeMap;
use std::time::Duration;

use assent_api::channels::{Channel, ChannelRules, ChannelStatus, PutTarget, Tested};
use assent_api::operations::{CreateChannel, DeleteChannel, GetChannel, ListChannels, TestChannel, UpdateChannel};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::ChannelId;
use assent_http::{Handle, Input, Reply};
use assent_notify::{Address, Message, SendError};
use assent_policy::Resource;
use assent_store::{Expect, Kept, Query};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::{Desk, Leave};
use crate::documents::{ChannelDoc, ChannelStateDoc, TargetDoc};
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{self, QueryWords};
use crate::turns::{Topic, Turn};

/// Channels of one tenant at most.
pub(crate) const CHANNELS_MAX: u64 = 50;
/// Milliseconds that a test waits for the receiver: less than the API gives an answer.
const TEST_MS: u64 = 20_000;

impl ChannelDoc {
    fn shown(self, version: u64, state: &ChannelStateDoc, plane: &ControlPlane) -> Channel {
        let address = Address::from(self.target);
        let now = plane.now();
        let refused = plane.inner.notices.courier().check(&address).err().map(|bad| bad.to_string());
        let next_at = state.delivery.as_ref().map(assent_notify::Delivery::next_at).or_else(|| state.pace.due(&self.rules, now));
        let under_way = state.delivery.as_ref().map_or(0, |delivery| delivery.batch.count());
        let waiting = state.pace.waiting().saturating_add(u32::try_from(under_way).unwrap_or(u32::MAX));
        let (last_error_at, last_error) = state.last_error.clone().unzip();
        let status = ChannelStatus {
            last_sent: state.last_sent,
            last_error,
            last_error_at,
            failures: state.failures,
            sent: state.sent,
            given_up: state.given_up,
            waiting,
            next_at: next_at.filter(|_| self.enabled),
            refused,
        };
        Channel {
            id: self.id,
            name: self.name,
            target: address.shown(),
            rules: self.rules,
            enabled: self.enabled,
            status,
            created_at: self.created_at,
            updated_at: self.updated_at,
            updated_by: self.updated_by,
            version,
        }
    }

    /// What goes on the ledger about a channel: never its secrets.
    fn recorded(&self) -> serde_json::Value {
        json!({ "name": self.name, "target": Address::from(self.target.clone()).shown(), "rules": self.rules, "enabled": self.enabled })
    }
}

impl Desk<'_> {
    async fn read_channels(&self) -> Result<(), Problem> {
        self.require(Action::ChannelRead, Resource::of_tenant(self.tenant_id())).await.map(drop)
    }

    async fn manage_channel(&self, id: ChannelId) -> Result<(Leave, Kept<ChannelDoc>), Problem> {
        let leave = self.require(Action::ChannelManage, Resource::of_tenant(self.tenant_id()).with_id(id)).await?;
        Ok((leave, self.get::<ChannelDoc>(&id.to_string()).await?))
    }

    async fn is_channel_name_free(&self, name: &str) -> Result<(), Problem> {
        let taken = self.count::<ChannelDoc>(&Query::default().equal("name", name)).await?;
        if taken == 0 { Ok(()) } else { Err(Problem::new(Code::Conflict, format!("there is a channel `{name}` already"))) }
    }

    /// How a channel does; as a new one, if nothing was ever told on it.
    async fn channel_state(&self, id: &str) -> Result<ChannelStateDoc, Problem> {
        let kept = self.tenant.get::<ChannelStateDoc>(id).await.map_err(Problem::from_store)?;
        Ok(kept.map(|kept| kept.doc).unwrap_or_default())
    }

    fn target(&self, target: PutTarget) -> Result<TargetDoc, Problem> {
        let address = Address::from(target);
        let checked = self.plane.inner.notices.courier().check(&address);
        checked.map_err(|bad| Problem::invalid(&format!("/target{}", bad.field()), bad.to_string()))?;
        Ok(TargetDoc::from(&address))
    }
}

fn check(rules: &ChannelRules) -> Result<(), Problem> {
    assent_notify::check(rules).map_err(|bad| Problem::invalid(&format!("/rules{}", bad.field), bad.why))
}

impl Handle<ListChannels> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListChannels>) -> Result<Reply<ListChannels>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_channels().await?;
        let states = desk.all::<ChannelStateDoc>(&Query::default()).await?;
        let states: BTreeMap<String, ChannelStateDoc> = states.into_iter().map(|kept| (kept.id, kept.doc)).collect();
        let new = ChannelStateDoc::default();
        let page = Pages::of(&desk, &input.query)?
            .collect::<ChannelDoc, _>(Query::oldest_first(), |kept| {
                let state = states.get(&kept.id).unwrap_or(&new);
                Some(kept.doc.shown(kept.version, state, self))
            })
            .await?;
        Ok(Reply::new(page))
    }
}

impl Handle<CreateChannel> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateChannel>) -> Result<Reply<CreateChannel>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::ChannelManage, Resource::of_tenant(desk.tenant_id())).await?;
        let name = names::title("/name", &input.body.name)?;
        let target = desk.target(input.body.target)?;
        check(&input.body.rules)?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        desk.is_channel_name_free(&name).await?;
        if desk.count::<ChannelDoc>(&Query::default()).await? >= CHANNELS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {CHANNELS_MAX} channels")));
        }
        let id = self.new_id(ChannelId::new);
        let doc = ChannelDoc {
            id,
            name,
            target,
            rules: input.body.rules,
            enabled: true,
            created_at: desk.now,
            updated_at: desk.now,
            updated_by: desk.name().to_owned(),
        };
        let intent = desk.intend_on(permit, id.to_string(), json!({ "made": doc.recorded() })).await?;
        desk.keep(intent, vec![queries::put(&id.to_string(), &doc, Expect::Absent)?, turn.write()?]).await?;
        let shown = doc.shown(1, &ChannelStateDoc::default(), self);
        Ok(Reply::new(shown).version(1).location(format!("/api/v1/channels/{id}")))
    }
}

impl Handle<GetChannel> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetChannel>) -> Result<Reply<GetChannel>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_channels().await?;
        let kept = desk.get::<ChannelDoc>(&input.path.channel.to_string()).await?;
        let state = desk.channel_state(&kept.id).await?;
        Ok(Reply::new(kept.doc.shown(kept.version, &state, self)).version(kept.version))
    }
}

impl Handle<UpdateChannel> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<UpdateChannel>) -> Result<Reply<UpdateChannel>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (permit, mut kept) = desk.manage_channel(input.path.channel).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        let before = kept.doc.recorded();
        if let Some(name) = input.body.name {
            let name = names::title("/name", &name)?;
            if name != kept.doc.name {
                desk.is_channel_name_free(&name).await?;
                kept.doc.name = name;
            }
        }
        if let Some(target) = input.body.target {
            kept.doc.target = desk.target(target)?;
        }
        if let Some(rules) = input.body.rules {
            check(&rules)?;
            kept.doc.rules = rules;
        }
        if let Some(enabled) = input.body.enabled {
            kept.doc.enabled = enabled;
        }
        (kept.doc.updated_at, kept.doc.updated_by) = (desk.now, desk.name().to_owned());
        let intent = desk.intend(permit, json!({ "before": before, "after": kept.doc.recorded() })).await?;
        desk.keep(intent, vec![queries::put(&kept.id, &kept.doc, expect)?]).await?;
        // What waits is decided about anew.
        self.inner.notices.wake();
        let version = kept.version.saturating_add(1);
        let state = desk.channel_state(&kept.id).await?;
        Ok(Reply::new(kept.doc.shown(version, &state, self)).version(version))
    }
}

impl Handle<DeleteChannel> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DeleteChannel>) -> Result<Reply<DeleteChannel>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (permit, kept) = desk.manage_channel(input.path.channel).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        let intent = desk.intend(permit, json!({ "removed": kept.doc.recorded() })).await?;
        let has_state = desk.tenant.get::<ChannelStateDoc>(&kept.id).await.map_err(Problem::from_store)?.is_some();
        let mut writes = vec![queries::delete::<ChannelDoc>(&kept.id, expect)?];
        if has_state {
            writes.push(queries::delete::<ChannelStateDoc>(&kept.id, Expect::Any)?);
        }
        desk.keep(intent, writes).await?;
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<TestChannel> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<TestChannel>) -> Result<Reply<TestChannel>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (permit, kept) = desk.manage_channel(input.path.channel).await?;
        let intent = desk.intend(permit, json!({ "tested": kept.doc.recorded() })).await?;
        let id = format!("{}-test-{}", kept.doc.id, desk.now.as_millisecond());
        let address = Address::from(kept.doc.target);
        let sent = self.inner.notices.courier().send(&address, &id, Message::Test { channel: &kept.doc.name }, desk.now);
        let late = SendError::Later { why: "the receiver took too long".to_owned(), wait_s: None };
        let sent = tokio::time::timeout(Duration::from_millis(TEST_MS), sent).await.unwrap_or(Err(late));
        // A receiver that does not answer is no failure of ours: the answer says it.
        desk.close(intent, Ok(())).await?;
        let problem = sent.err().map(|error| error.to_string());
        Ok(Reply::new(Tested { delivered: problem.is_none(), problem }))
    }
}
