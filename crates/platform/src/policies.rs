//! A tenant's own policies, and what they would decide.

use assent_api::operations::{BacktestPolicy, CreatePolicy, DeletePolicy, GetPolicy, ListPolicies, PutPolicy, TestPolicy};
use assent_api::policies::Policy;
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::{PolicyId, TenantId};
use assent_http::{Handle, Input, Reply};
use assent_policy::{Ask, BadPolicy, BadQuestion, Engine, Pack, Recorded, Resource, TenantPolicy};
use assent_store::{Expect, Kept, Query, Write};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AccountDoc, PolicyDoc};
use crate::ledger_api::{self, Opened};
use crate::members;
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::turns::{Topic, Turn};

/// Policy texts of one tenant at most.
const TEXTS_MAX: u64 = 500;
/// Seconds that a backtest looks back unless asked otherwise: a week.
const BACKTEST_S: i64 = 7 * 24 * 3600;
/// Records that a backtest looks at, the newest.
const BACKTEST_RECORDS_MAX: usize = 20_000;
/// Changed decisions that a backtest lists at most; all are counted as examined.
const CHANGED_MAX: usize = 1_000;
/// What a text that is only tried out is called.
const TRIED: &str = "tried";

impl PolicyDoc {
    fn shown(self, version: u64) -> Policy {
        Policy {
            id: self.id,
            name: self.name,
            text: self.text,
            enabled: self.enabled,
            updated_at: self.updated_at,
            updated_by: self.updated_by,
            version,
        }
    }
}

impl Desk<'_> {
    async fn read_policies(&self) -> Result<(), Problem> {
        self.require(Action::PolicyRead, Resource::of_tenant(self.tenant_id())).await.map(drop)
    }

    async fn is_policy_name_free(&self, name: &str) -> Result<(), Problem> {
        let taken = self.count::<PolicyDoc>(&Query::default().equal("name", name)).await?;
        if taken == 0 { Ok(()) } else { Err(Problem::new(Code::Conflict, format!("there is a policy `{name}` already"))) }
    }

    /// Checks that policies would compile with this one in place of what is kept of it, and that an owner could still change them.
    async fn would_do(&self, id: PolicyId, changed: Option<&PolicyDoc>) -> Result<(), Problem> {
        let kept = self.tenant.all::<PolicyDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let others = kept.into_iter().map(|kept| kept.doc).filter(|doc| doc.id != id && doc.enabled);
        let changed = changed.into_iter().cloned();
        // A disabled text is checked too: it would be no use to keep what can never be enabled.
        let texts: Vec<TenantPolicy> = others.chain(changed).map(|doc| TenantPolicy { name: doc.name, text: doc.text }).collect();
        let engine = compile(self.tenant_id(), texts).await.map_err(|bad| explain(&bad))?;
        self.keeps_an_owner(&engine).await
    }

    /// Checks that some owner may manage policies.
    async fn keeps_an_owner(&self, engine: &Engine) -> Result<(), Problem> {
        let accounts = self.tenant.all::<AccountDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let tenant = self.tenant_id();
        let may = |kept: &Kept<AccountDoc>| {
            let caller = assent_policy::Caller {
                tenant,
                principal: assent_policy::Principal::Account(kept.doc.id),
                grants: kept.doc.grants.clone(),
            };
            engine.decide(&Ask { caller, action: Action::PolicyManage, resource: Resource::of_tenant(tenant) }).is_permit()
        };
        if accounts.iter().any(|kept| members::is_owner(&kept.doc) && may(kept)) {
            return Ok(());
        }
        Err(Problem::new(Code::Conflict, "with this, no owner could change policies any more, so nobody could take it back"))
    }
}

impl Handle<ListPolicies> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListPolicies>) -> Result<Reply<ListPolicies>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_policies().await?;
        let page = Pages::of(&desk, &input.query)?
            .collect::<PolicyDoc, _>(Query::oldest_first(), |kept| Some(kept.doc.shown(kept.version)))
            .await?;
        Ok(Reply::new(page))
    }
}

impl Handle<CreatePolicy> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreatePolicy>) -> Result<Reply<CreatePolicy>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::PolicyManage, Resource::of_tenant(desk.tenant_id())).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        names::label("/name", &input.body.name)?;
        desk.is_policy_name_free(&input.body.name).await?;
        if desk.count::<PolicyDoc>(&Query::default()).await? >= TEXTS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {TEXTS_MAX} policy texts")));
        }
        let id = self.new_id(PolicyId::new);
        let doc = PolicyDoc {
            id,
            name: input.body.name,
            text: input.body.text,
            enabled: input.body.enabled,
            created_at: desk.now,
            updated_at: desk.now,
            updated_by: desk.name().to_owned(),
        };
        desk.would_do(id, Some(&doc)).await?;
        let intent = desk.intend_on(permit, id.to_string(), json!({ "policy": doc })).await?;
        let writes = vec![Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?, turn.write()?];
        let kept_it = desk.keep(intent, writes).await;
        // Whatever came of it: a write that was reported lost may have been made.
        self.forget_engine(desk.tenant_id());
        kept_it?;
        Ok(Reply::new(doc.shown(1)).version(1).location(format!("/api/v1/policies/{id}")))
    }
}

impl Handle<GetPolicy> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetPolicy>) -> Result<Reply<GetPolicy>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_policies().await?;
        let kept = desk.get::<PolicyDoc>(&input.path.policy.to_string()).await?;
        Ok(Reply::new(kept.doc.shown(kept.version)).version(kept.version))
    }
}

impl Handle<PutPolicy> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<PutPolicy>) -> Result<Reply<PutPolicy>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::PolicyManage, Resource::of_tenant(desk.tenant_id()).with_id(input.path.policy)).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        let kept = desk.get::<PolicyDoc>(&input.path.policy.to_string()).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        names::label("/name", &input.body.name)?;
        if input.body.name != kept.doc.name {
            desk.is_policy_name_free(&input.body.name).await?;
        }
        let doc = PolicyDoc {
            name: input.body.name,
            text: input.body.text,
            enabled: input.body.enabled,
            updated_at: desk.now,
            updated_by: desk.name().to_owned(),
            ..kept.doc.clone()
        };
        desk.would_do(doc.id, Some(&doc)).await?;
        let intent = desk.intend(permit, json!({ "before": kept.doc, "after": doc })).await?;
        let kept_it = desk.keep(intent, vec![Write::put(&kept.id, &doc, expect).map_err(Problem::from_store)?, turn.write()?]).await;
        // Whatever came of it: a write that was reported lost may have been made.
        self.forget_engine(desk.tenant_id());
        kept_it?;
        let version = kept.version.saturating_add(1);
        Ok(Reply::new(doc.shown(version)).version(version))
    }
}

impl Handle<DeletePolicy> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DeletePolicy>) -> Result<Reply<DeletePolicy>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::PolicyManage, Resource::of_tenant(desk.tenant_id()).with_id(input.path.policy)).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Administration).await?;
        let kept = desk.get::<PolicyDoc>(&input.path.policy.to_string()).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        desk.would_do(kept.doc.id, None).await?;
        let intent = desk.intend(permit, json!({ "before": kept.doc })).await?;
        let kept_it =
            desk.keep(intent, vec![Write::delete::<PolicyDoc>(&kept.id, expect).map_err(Problem::from_store)?, turn.write()?]).await;
        // Whatever came of it: a write that was reported lost may have been made.
        self.forget_engine(desk.tenant_id());
        kept_it?;
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<TestPolicy> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<TestPolicy>) -> Result<Reply<TestPolicy>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_policies().await?;
        let ask = assent_policy::ask_of(desk.tenant_id(), &input.body.question).map_err(|bad| {
            let pointer = match bad {
                BadQuestion::HalfAPlace => "/question/criticality",
                BadQuestion::NamespaceNowhere => "/question/environment",
            };
            Problem::invalid(pointer, bad.to_string())
        })?;
        let answer = match input.body.text {
            None => desk.engine().decide(&ask).answer(),
            Some(text) => {
                let texts = vec![TenantPolicy { name: TRIED.to_owned(), text }];
                compile(desk.tenant_id(), texts).await.map_err(|bad| explain(&bad))?.decide(&ask).answer()
            }
        };
        Ok(Reply::new(answer))
    }
}

impl Handle<BacktestPolicy> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<BacktestPolicy>) -> Result<Reply<BacktestPolicy>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_policies().await?;
        // What was decided about others is on the ledger, and is for those who may read it.
        let _reads = desk.require(Action::LedgerRead, Resource::of_tenant(desk.tenant_id())).await?;
        let week_ago = assent_base::Timestamp::from_second(desk.now.as_second().saturating_sub(BACKTEST_S));
        let since = input.body.since.or(week_ago.ok()).unwrap_or(desk.now);
        let mut texts = self.tenant_policies(&desk.tenant).await?;
        texts.push(TenantPolicy { name: TRIED.to_owned(), text: input.body.text });
        let engine = compile(desk.tenant_id(), texts).await.map_err(|bad| explain(&bad))?;
        let records = ledger_api::newest(&desk, BACKTEST_RECORDS_MAX, since).await?;
        let mut found = assent_policy::backtest(&engine, records.into_iter().filter_map(recorded));
        found.changed.truncate(CHANGED_MAX);
        Ok(Reply::new(found))
    }
}

/// What a record says about a decision; nothing if it is about none.
fn recorded(opened: Opened) -> Option<Recorded> {
    opened.action.parse::<Action>().ok()?;
    let permitted = match opened.outcome {
        assent_ledger::Outcome::Intended => true,
        assent_ledger::Outcome::Refused => false,
        // The end of something whose decision stands in an earlier record.
        assent_ledger::Outcome::Done | assent_ledger::Outcome::Failed => return None,
    };
    let ask = opened.details.get("ask").and_then(|ask| serde_json::from_value(ask.clone()).ok());
    Some(Recorded { index: opened.index, ask, permitted })
}

/// Compiles beside the runtime: hundreds of texts take some time.
async fn compile(tenant: TenantId, texts: Vec<TenantPolicy>) -> Result<Engine, Box<BadPolicy>> {
    let work = tokio::task::spawn_blocking(move || Engine::compile(tenant, Pack::STANDARD, &texts));
    match work.await {
        Ok(compiled) => compiled.map_err(Box::new),
        Err(_) => Err(Box::new(BadPolicy { name: TRIED.to_owned(), line: 1, column: 1, message: "the text cannot be checked".to_owned() })),
    }
}

fn explain(bad: &BadPolicy) -> Problem {
    Problem::invalid("/text", format!("`{}`, line {}, column {}: {}", bad.name, bad.line, bad.column, bad.message))
}
