//! Probes that ask the wrong way or give up too soon. Their fields have no action of their own, so these are custom patches, flagged.

use serde_json::{Value, json};

use super::{Ctx, Found, propose};
use crate::action::{Action, Probe};
use crate::observed::Object;
use crate::patch::Edit;

/// By how much a probe's patience grows.
const PATIENCE_GROWTH: u64 = 4;
/// The least timeout of a probe that gave up on a slow answer.
const TIMEOUT_S_LEAST: u64 = 5;
/// The least delay before the first liveness probe of a program that starts slowly.
const DELAY_S_LEAST: u64 = 60;
/// What Kubernetes takes where a probe says nothing.
const FAILURE_THRESHOLD_DEFAULT: u64 = 3;

const ALL: [Probe; 3] = [Probe::Liveness, Probe::Readiness, Probe::Startup];

/// The probes of the container at fault, with their paths.
fn probes<'o>(ctx: &Ctx<'_, '_>, workload: &'o Object<'_>) -> Result<Vec<(Probe, String, &'o Value)>, String> {
    let container = ctx.container(workload)?;
    let path = workload.container(&container).unwrap_or_default();
    let own = |probe: Probe| {
        let place = format!("{path}/{}", probe.field());
        let value = workload.at(&place)?;
        Some((probe, place, value))
    };
    Ok(ALL.into_iter().filter_map(own).collect())
}

/// The other scheme, for HTTP probes that all use one scheme and ask one port.
pub(super) fn scheme(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let probes = probes(ctx, &workload)?;
    let http: Vec<(String, &Value)> =
        probes.into_iter().filter_map(|(_, place, value)| Some((format!("{place}/httpGet"), value.get("httpGet")?))).collect();
    let scheme = |get: &Value| get.get("scheme").and_then(Value::as_str).unwrap_or("HTTP").to_owned();
    let asks = |get: &Value| (scheme(get), get.get("port").cloned());
    let Some((_, first)) = http.first() else {
        return Err("the probe is no HTTP probe, and how the program wants to be asked it alone knows".to_owned());
    };
    if http.iter().any(|(_, get)| asks(get) != asks(first)) {
        return Err("several probes ask in different ways".to_owned());
    }
    let other = if scheme(first) == "HTTPS" { "HTTP" } else { "HTTPS" };
    let edits = http.iter().map(|(place, _)| Edit::set(format!("{place}/scheme"), other)).collect();
    propose(workload.entity, Action::CustomPatch { edits })
}

/// More time to start: of the startup probe if there is one, else before the first liveness probe.
pub(super) fn startup(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let probes = probes(ctx, &workload)?;
    let number = |value: &Value, key: &str, default: u64| value.get(key).and_then(Value::as_u64).unwrap_or(default);
    let startup = probes.iter().find(|(probe, _, _)| *probe == Probe::Startup);
    let liveness = probes.iter().find(|(probe, _, _)| *probe == Probe::Liveness);
    let edit = match (startup, liveness) {
        (Some((_, place, value)), _) => {
            let more = number(value, "failureThreshold", FAILURE_THRESHOLD_DEFAULT) * PATIENCE_GROWTH;
            Edit::set(format!("{place}/failureThreshold"), json!(more))
        }
        (None, Some((_, place, value))) => {
            let more = (number(value, "initialDelaySeconds", 0) * PATIENCE_GROWTH).max(DELAY_S_LEAST);
            Edit::set(format!("{place}/initialDelaySeconds"), json!(more))
        }
        (None, None) => return Err("the container has no probe that could have ended it".to_owned()),
    };
    propose(workload.entity, Action::CustomPatch { edits: vec![edit] })
}

/// More time to answer.
pub(super) fn timeout(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let edits: Vec<Edit> = probes(ctx, &workload)?
        .into_iter()
        .map(|(_, place, value)| (place, value.get("timeoutSeconds").and_then(Value::as_u64).unwrap_or(1)))
        .filter(|(_, now)| *now < TIMEOUT_S_LEAST)
        .map(|(place, _)| Edit::set(format!("{place}/timeoutSeconds"), json!(TIMEOUT_S_LEAST)))
        .collect();
    if edits.is_empty() { Err("the probe waits long already".to_owned()) } else { propose(workload.entity, Action::CustomPatch { edits }) }
}
