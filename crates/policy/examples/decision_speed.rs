//! How long a decision takes with 1,000 policies of a tenant, beside Cedar given all of them:
//! `cargo run --release -p assent-policy --example decision_speed`.
//!
//! Three tenants: one whose policies are for single environments, one whose policies are for single actions, and one whose policies are
//! for everything, where nothing can be left out.
#![allow(clippy::print_stdout, reason = "an example prints what it measures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use assent_api::access::Criticality;
use assent_api::accounts::Grant;
use assent_api::{Action, Role};
use assent_base::Timestamp;
use assent_base::id::{AccountId, EnvironmentId, RANDOM_BYTES, TenantId};
use assent_policy::{Ask, BadPolicy, Caller, Engine, Pack, Principal, Resource, TenantPolicy};

const POLICIES: usize = 1_000;
const ENVIRONMENTS: usize = 50;
const ROUNDS: usize = 15;

fn main() -> Result<(), BadPolicy> {
    println!(
        "{POLICIES} policies of the tenant; medians of {ROUNDS} rounds over {} asks, in microseconds",
        ENVIRONMENTS * Action::ALL.len()
    );
    println!("{:<46} {:>8} {:>8} {:>8} {:>10}", "policies", "p50", "p99", "asked", "compile ms");
    for (title, policy) in [
        ("for one of 50 environments and one action", by_environment as fn(usize) -> String),
        ("for one action, any environment", by_action),
        ("for everything, with a condition", by_nothing),
    ] {
        let texts: Vec<TenantPolicy> = (0..POLICIES).map(|index| TenantPolicy { name: format!("p{index}"), text: policy(index) }).collect();
        let begun = Instant::now();
        let sliced = Engine::compile(tenant(), Pack::STANDARD, &texts)?;
        let compiled = begun.elapsed();
        report(title, &sliced, ROUNDS, compiled);
        let begun = Instant::now();
        let whole = Engine::compile_unsliced(tenant(), Pack::STANDARD, &texts)?;
        report("  unsliced", &whole, ROUNDS / 5, begun.elapsed());
    }
    Ok(())
}

fn report(title: &str, engine: &Engine, rounds: usize, compiled: Duration) {
    let asks: Vec<Ask> = (0..ENVIRONMENTS).flat_map(|seed| Action::ALL.iter().map(move |action| ask(seed, *action))).collect();
    let mut times: Vec<Duration> = asks.iter().map(|ask| typical(engine, ask, rounds)).collect();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e6);
    let asked = asks.iter().map(|ask| engine.explain(ask).asked).max().unwrap_or(0);
    println!("{title:<46} {:>8.1} {:>8.1} {asked:>8} {:>10.0}", at(50), at(99), compiled.as_secs_f64() * 1e3);
}

/// The median of some rounds: what the decision takes while nobody else has the processor.
fn typical(engine: &Engine, ask: &Ask, rounds: usize) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            let _ = black_box(engine.decide(black_box(ask)));
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(rounds / 2).copied().unwrap_or_default()
}

fn by_environment(index: usize) -> String {
    let environment = environment(index % ENVIRONMENTS);
    format!(r#"forbid (principal, action == Action::"{}", resource in Environment::"{environment}") {}"#, action(index), condition(index))
}

fn by_action(index: usize) -> String {
    format!(r#"forbid (principal, action == Action::"{}", resource) {}"#, action(index), condition(index))
}

fn by_nothing(index: usize) -> String {
    format!("forbid (principal, action, resource) {}", condition(index))
}

fn action(index: usize) -> Action {
    Action::ALL.iter().copied().cycle().nth(index).unwrap_or(Action::IncidentRead)
}

fn condition(index: usize) -> String {
    format!(r#"when {{ principal in Role::"operator" && resource.namespaces.contains("team-{index}") }};"#)
}

fn ask(seed: usize, action: Action) -> Ask {
    let grant = |role| Grant { role, environment: None, namespaces: Vec::new() };
    let principal = Principal::Account(AccountId::new(Timestamp::UNIX_EPOCH, [3; RANDOM_BYTES]));
    let caller = Caller { tenant: tenant(), principal, grants: vec![grant(Role::Operator), grant(Role::Auditor)] };
    let resource = Resource::in_environment(tenant(), environment(seed), Criticality::Prod).in_namespaces(["shop", "billing"]);
    Ask { caller, action, resource }
}

fn tenant() -> TenantId {
    TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES])
}

fn environment(seed: usize) -> EnvironmentId {
    EnvironmentId::new(Timestamp::UNIX_EPOCH, [u8::try_from(seed).unwrap_or(0); RANDOM_BYTES])
}
