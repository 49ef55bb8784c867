//! Symptoms of claims and volumes.

use assent_base::Kind;
use assent_evidence::{Entity, Relation};

use crate::case::Case;
use crate::finding::{Finding, Severity, Symptom};

/// Finds claims that are not bound.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let claims: Vec<Entity<'g>> = case.graph.of_kind(&Kind::PersistentVolumeClaim).filter(Entity::is_observed).collect();
    for claim in claims {
        let phase = claim.at("status/phase");
        let reason = match phase.text() {
            Some("Pending") => "Pending",
            Some("Lost") => "Lost",
            _ => {
                not_resized(case, claim);
                continue;
            }
        };
        // A claim that waits for a first consumer, and has none, waits as asked for.
        let event =
            case.event(claim, &["ProvisioningFailed", "FailedBinding", "VolumeMismatch", "ExternalProvisioning", "WaitForFirstConsumer"]);
        let waits = event.is_some_and(|event| &*event.reason == "WaitForFirstConsumer");
        let used = claim.from(Relation::Mounts).any(|user| *user.kind() == Kind::Pod);
        let severity = if waits && !used { Severity::Notice } else { Severity::Broken };
        let mut quotes: Vec<_> = case.quote(phase, claim).into_iter().collect();
        quotes.extend(event.and_then(|event| case.quote_event(event, claim)));
        let says = format!("{} is not bound ({reason})", claim.reference());
        case.add(Finding {
            symptom: Symptom::ClaimPending,
            on: claim.id,
            container: None,
            says,
            quotes,
            severity,
            since: None,
            reason: reason.into(),
        });
    }
}

/// A bound claim that asks for more than it has, and of which a controller said that this fails.
fn not_resized<'g>(case: &mut Case<'g>, claim: Entity<'g>) {
    let (wanted, held) = (claim.at("spec/resources/requests/storage"), claim.at("status/capacity/storage"));
    let smaller = matches!((wanted.milli(), held.milli()), (Some(wanted), Some(held)) if held < wanted);
    let Some(event) = case.event(claim, &["VolumeResizeFailed", "FileSystemResizeFailed"]).filter(|_| smaller) else { return };
    let mut quotes: Vec<_> = [held, wanted].into_iter().filter_map(|at| case.quote(at, claim)).collect();
    quotes.extend(case.quote_event(event, claim));
    case.add(Finding {
        symptom: Symptom::ClaimNotResized,
        on: claim.id,
        container: None,
        says: format!("{} is smaller than asked for", claim.reference()),
        quotes,
        severity: Severity::Degraded,
        since: event.first,
        reason: event.reason.clone(),
    });
}
