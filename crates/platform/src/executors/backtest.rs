//! What rules would have done with the plans that are kept, before anybody pins them.

use std::collections::BTreeMap;

use assent_api::executor::{BACKTEST_LISTED_MAX, ByRule, RulesBacktest};
use assent_api::operations::BacktestRules;
use assent_api::{Action, Problem};
use assent_base::{Timestamp, time};
use assent_execution::order::AUTO_WINDOW_S;
use assent_execution::{Pinned, Rules};
use assent_http::{Handle, Input, Reply};
use assent_plan::plan::Plan;
use assent_store::{Kept, Query};

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::PlanDoc;
use crate::plane::ControlPlane;
use crate::queries::QueryWords;

impl Handle<BacktestRules> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<BacktestRules>) -> Result<Reply<BacktestRules>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (cluster, resource) = desk.cluster(input.path.cluster).await?;
        let _permit = desk.require(Action::ExecutorManage, resource).await?;
        let invalid = |why: String| Problem::invalid("/pinned", why);
        let pinned = Pinned::parse(input.body.pinned.as_bytes()).map_err(|bad| invalid(bad.to_string()))?;
        if pinned.tenant != desk.tenant_id() || pinned.cluster != cluster.doc.id {
            return Err(invalid("it names another tenant or cluster".to_owned()));
        }
        let oldest_first = Query::oldest_first().equal("cluster", &cluster.doc.id.to_string());
        let mut readable = Vec::new();
        for kept in desk.all::<PlanDoc>(&oldest_first).await? {
            // Who may not read a plan learns nothing of it here either.
            if desk.plan(kept.doc.id).await.is_ok() {
                readable.push(kept);
            }
        }
        Ok(Reply::new(backtest(&pinned.rules, pinned.policy_digest().to_string(), readable)))
    }
}

fn backtest(rules: &Rules, policy: String, mut kept: Vec<Kept<PlanDoc>>) -> RulesBacktest {
    let mut found = RulesBacktest { policy, plans: 0, not_allowed: 0, to_the_vote: 0, by_rule: 0, listed: Vec::new() };
    let mut opened: BTreeMap<usize, Vec<Timestamp>> = BTreeMap::new();
    kept.sort_by_key(|kept| (kept.doc.created_at, kept.doc.id));
    for Kept { doc, .. } in kept {
        found.plans += 1;
        // What cannot be read any more would not run either.
        let plan = Plan::parse(doc.bytes.as_bytes()).ok().filter(|plan| rules.allows(plan).is_ok());
        let Some(plan) = plan else {
            found.not_allowed += 1;
            continue;
        };
        let Some((place, rule)) = rules.auto_approves(&plan) else {
            found.to_the_vote += 1;
            continue;
        };
        let opened = opened.entry(place).or_default();
        opened.retain(|at| time::seconds_between(*at, doc.created_at) < AUTO_WINDOW_S);
        let over_the_rate = opened.len() >= rule.per_hour_max as usize;
        if !over_the_rate {
            opened.push(doc.created_at);
        }
        found.by_rule += 1;
        found.listed.push(ByRule {
            plan: doc.id,
            title: doc.title,
            target: crate::incidents::entity(&doc.target),
            drawn_at: doc.created_at,
            rule: u32::try_from(place).unwrap_or(u32::MAX),
            over_the_rate,
            state: doc.state,
        });
    }
    found.listed.reverse();
    found.listed.truncate(BACKTEST_LISTED_MAX);
    found
}
