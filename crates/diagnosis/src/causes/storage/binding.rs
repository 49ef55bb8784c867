//! Why a claim is not bound: the class, the provisioner, and of volumes made by hand what each lacks.

use std::collections::BTreeMap;

use assent_base::{Kind, ObjectRef};
use assent_evidence::{Entity, Relation, labels};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::causes::scheduling;
use crate::causes::told::{self, Told};
use crate::finding::Symptom;
use crate::wording::{in_namespace, shortened};

/// What a claim's controllers say.
const REASONS: &[&str] = &["ProvisioningFailed", "FailedBinding", "VolumeMismatch", "ClaimLost", "ClaimMisbound", "ExternalProvisioning"];
/// Letters of a foreign message that a statement repeats.
const WHY_CHARS_MAX: usize = 260;

/// What keeps a claim from its volume.
struct Fault {
    cause: &'static str,
    says: String,
    strength: Strength,
    quotes: Vec<crate::finding::Quote>,
    next: String,
    /// What other claims with the same fault have in common: the missing class, the class whose provisioner fails.
    shared: Option<String>,
}

/// Claims by cause, by what they share, and by their own name where they share nothing.
type Groups<'g> = BTreeMap<(&'static str, Option<String>, String), Vec<Waiting<'g>>>;
/// The finding, the claim, and what keeps it from its volume.
type Waiting<'g> = (usize, Entity<'g>, Fault);

/// Offers candidates for claims that are not bound.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    // Claims that miss one class, or wait for one provisioner, share a cause.
    let mut shared = Groups::new();
    for (index, finding) in case.with(Symptom::ClaimPending) {
        let claim = case.entity(finding.on);
        if let Some(fault) = fault(case, claim) {
            let alone = if fault.shared.is_some() { String::new() } else { claim.reference().to_string() };
            let within = fault.shared.clone().map(|key| format!("{key} {}", claim.namespace().unwrap_or_default()));
            shared.entry((fault.cause, within, alone)).or_default().push((index, claim, fault));
        }
    }
    out.extend(shared.into_values().filter_map(|group| candidate(case, group)));
}

fn candidate<'g>(case: &Case<'g>, group: Vec<Waiting<'g>>) -> Option<Candidate> {
    let several = group.len() > 1;
    let others: Vec<Entity<'g>> = group.iter().skip(1).map(|(_, claim, _)| *claim).collect();
    let explains: Vec<usize> = group.iter().map(|(index, _, _)| *index).collect();
    let more: Vec<_> = group.iter().skip(1).filter_map(|(_, _, fault)| fault.quotes.first().cloned()).collect();
    let (_, claim, fault) = group.into_iter().next()?;
    let class = claim.to(Relation::References).find(|to| *to.kind() == Kind::StorageClass && to.is_captured());
    let on = class.filter(|_| several && fault.cause == "storage.provisioning_failed").unwrap_or(claim);
    let also = if others.is_empty() { String::new() } else { format!("; so do {}", crate::wording::listed(&others)) };
    let mut candidate = Candidate::new(fault.cause, on.id, fault.strength, format!("{}{also}", fault.says))
        .quote(fault.quotes)
        .quote(case.quote(claim.at("status/phase"), claim))
        .quote(more)
        .explain(explains)
        .next(fault.next);
    if fault.cause == "storage.claim_unbound" {
        candidate = candidate.missing(
            format!("the events of {}", claim.reference()),
            format!("kubectl describe pvc {}{}", claim.name(), in_namespace(claim)),
        );
    }
    Some(candidate)
}

fn fault<'g>(case: &Case<'g>, claim: Entity<'g>) -> Option<Fault> {
    if claim.at("status/phase").is("Lost") {
        return Some(lost(case, claim));
    }
    if scheduling::waits_for_consumer(claim) {
        return None;
    }
    let told = told::events(case, claim, REASONS);
    let latest = told.iter().find(|told| !told.text.starts_with("Waiting for a volume to be created"));
    named_volume(case, claim)
        .or_else(|| no_class(case, claim, latest))
        .or_else(|| by_hand(case, claim, latest))
        .or_else(|| provisioner(case, claim, &told))
        .or_else(|| {
            Some(Fault {
                cause: "storage.claim_unbound",
                says: format!("{} is not bound, and the input does not hold why", claim.reference()),
                strength: Strength::Stated,
                quotes: Vec::new(),
                next: format!("Read its events: kubectl describe pvc {}{}", claim.name(), in_namespace(claim)),
                shared: None,
            })
        })
}

fn lost<'g>(case: &Case<'g>, claim: Entity<'g>) -> Fault {
    let volume = claim.at("spec/volumeName");
    let name = volume.text().map(|name| format!(" `{name}`")).unwrap_or_default();
    let mut quotes: Vec<_> = told::events(case, claim, &["ClaimLost", "ClaimMisbound"]).into_iter().map(|told| told.quote).collect();
    quotes.extend(case.quote(volume, claim));
    Fault {
        cause: "storage.claim_lost",
        says: format!("{} has lost its volume{name}: the PersistentVolume is gone, and the data with it", claim.reference()),
        strength: Strength::Proven,
        quotes,
        next: "Restore the volume object if the storage behind it remains, or restore a backup into a new claim".to_owned(),
        shared: None,
    }
}

/// The class that a claim names, in the field or in the old annotation; none if it names none, empty if it wants none.
fn class_of<'g>(claim: Entity<'g>) -> Option<&'g str> {
    let field = claim.at("spec/storageClassName").text();
    field.or_else(|| claim.annotation("volume.beta.kubernetes.io/storage-class").text())
}

/// A claim that names its volume waits for that one alone.
fn named_volume<'g>(case: &Case<'g>, claim: Entity<'g>) -> Option<Fault> {
    let at = claim.at("spec/volumeName");
    let name = at.text().filter(|name| !name.is_empty())?;
    let volume = case.graph.object(Kind::PersistentVolume, None, name);
    let Some(volume) = volume else {
        let absent = case.graph.is_absent(&ObjectRef::new(Kind::PersistentVolume, None, name));
        return absent.then(|| Fault {
            cause: "storage.no_volume",
            says: format!("{} asks for the volume `{name}` (volumeName), which does not exist", claim.reference()),
            strength: Strength::Proven,
            quotes: case.quote(at, claim).into_iter().collect(),
            next: format!("Make the volume `{name}`, or take `volumeName` out of the claim"),
            shared: None,
        });
    };
    mismatch(case, claim, volume).map(|(_, fault)| fault)
}

/// No class, or one that does not exist.
fn no_class<'g>(case: &Case<'g>, claim: Entity<'g>, latest: Option<&Told<'g>>) -> Option<Fault> {
    let quote = latest.map(|told| told.quote.clone());
    let said = |words: &str| latest.is_some_and(|told| told.text.contains(words));
    if let Some(class) = class_of(claim).filter(|class| !class.is_empty()) {
        let reference = ObjectRef::new(Kind::StorageClass, None, class);
        let exists = case.graph.find(&reference).is_some_and(|class| class.is_captured());
        let absent = case.graph.is_absent(&reference);
        let denied = said("not found") && said(class);
        let by_hand = volumes(case).into_iter().any(|volume| class_of(volume) == Some(class));
        if exists || by_hand || !(absent || denied) {
            return None;
        }
        let mut quotes: Vec<_> = case.quote(claim.at("spec/storageClassName"), claim).into_iter().collect();
        quotes.extend(quote);
        return Some(Fault {
            cause: "storage.class_missing",
            says: format!("{} asks for the StorageClass `{class}`, which does not exist", claim.reference()),
            strength: if absent || denied && !quotes.is_empty() { Strength::Proven } else { Strength::Stated },
            quotes,
            next: format!("Name a class that exists (kubectl get storageclass), or create `{class}`"),
            shared: Some(class.to_owned()),
        });
    }
    if class_of(claim) == Some("") || !volumes_of_class(case, claim).is_empty() {
        return None;
    }
    let classes: Vec<Entity<'g>> = case.graph.of_kind(&Kind::StorageClass).collect();
    let default: Vec<&Entity<'g>> = classes.iter().filter(|class| is_default(**class)).collect();
    let listed = case.graph.is_listed(&Kind::StorageClass, None);
    if said("default StorageClasses were found") || default.len() > 1 {
        let names: Vec<&str> = default.iter().map(|class| class.name()).collect();
        let mut quotes: Vec<_> = quote.into_iter().collect();
        quotes.extend(
            default.iter().filter_map(|class| case.quote(class.annotation("storageclass.kubernetes.io/is-default-class"), **class)),
        );
        return Some(Fault {
            cause: "storage.several_default_classes",
            says: format!("{} names no storage class, and more than one is the default: {}", claim.reference(), names.join(", ")),
            strength: if names.is_empty() { Strength::Stated } else { Strength::Proven },
            quotes,
            next: "Take `storageclass.kubernetes.io/is-default-class` from all classes but one".to_owned(),
            shared: Some(String::new()),
        });
    }
    if !(said("no storage class is set") || listed && claim.is_full()) || !default.is_empty() {
        return None;
    }
    let mut quotes: Vec<_> = quote.into_iter().collect();
    quotes.extend(case.quote(claim.at("spec/resources/requests"), claim));
    quotes.extend(classes.first().and_then(|class| case.quote(class.at("metadata/name"), *class)));
    Some(Fault {
        cause: "storage.no_default_class",
        says: format!(
            "{} names no storage class (no storage class is set), and no StorageClass of the cluster is the default",
            claim.reference()
        ),
        strength: if listed { Strength::Proven } else { Strength::Stated },
        quotes,
        next: "Name a storage class in the claim, or mark one as default (kubectl get storageclass)".to_owned(),
        shared: Some(String::new()),
    })
}

/// Whether a class is the default: by annotation, or as a table prints it.
fn is_default(class: Entity<'_>) -> bool {
    let marks = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    marks.iter().any(|mark| class.annotation(mark).bool() == Some(true))
}

fn volumes<'g>(case: &Case<'g>) -> Vec<Entity<'g>> {
    case.graph.of_kind(&Kind::PersistentVolume).filter(Entity::is_observed).collect()
}

/// Volumes whose class is the claim's, none counting as empty.
fn volumes_of_class<'g>(case: &Case<'g>, claim: Entity<'g>) -> Vec<Entity<'g>> {
    let wanted = class_of(claim).unwrap_or_default();
    volumes(case).into_iter().filter(|volume| class_of(*volume).unwrap_or_default() == wanted).collect()
}

/// Volumes made by hand: the one that lacks least tells what to mend.
fn by_hand<'g>(case: &Case<'g>, claim: Entity<'g>, latest: Option<&Told<'g>>) -> Option<Fault> {
    let class = class_of(claim).and_then(|name| case.graph.object(Kind::StorageClass, None, name));
    let provisioner = class.map(|class| class.at("provisioner").text_or_empty()).unwrap_or_default();
    let none_made = latest.is_some_and(|told| told.text.contains("no persistent volumes available"))
        || provisioner.ends_with("no-provisioner")
        || (class.is_none() && class_of(claim).is_some_and(str::is_empty));
    let of_class = volumes_of_class(case, claim);
    if !none_made && (of_class.is_empty() || class.is_some()) {
        return None;
    }
    let near = of_class.iter().filter_map(|volume| mismatch(case, claim, *volume)).min_by_key(|(distance, _)| *distance);
    if let Some((_, mut fault)) = near {
        fault.quotes.extend(latest.map(|told| told.quote.clone()));
        return Some(fault);
    }
    // A volume that lacks nothing will be bound in a moment.
    if !of_class.is_empty() {
        return None;
    }
    let class_name = class_of(claim).unwrap_or_default();
    let mut quotes: Vec<_> = latest.map(|told| told.quote.clone()).into_iter().collect();
    quotes.extend(case.quote(claim.at("spec/storageClassName"), claim));
    quotes.extend(class.and_then(|class| case.quote(class.at("provisioner"), class)));
    let of = if class_name.is_empty() { "without a storage class".to_owned() } else { format!("of the storage class `{class_name}`") };
    Some(Fault {
        cause: "storage.no_volume",
        says: format!("No volume {of} is there for {}, and nobody makes one (no persistent volumes available)", claim.reference()),
        strength: if case.graph.is_listed(&Kind::PersistentVolume, None) { Strength::Proven } else { Strength::Stated },
        quotes,
        next: "Make a volume that fits the claim, or use a class that makes volumes".to_owned(),
        shared: None,
    })
}

/// What a volume lacks for a claim, and how far it is from fitting: 1 is one thing. None if it lacks nothing.
fn mismatch<'g>(case: &Case<'g>, claim: Entity<'g>, volume: Entity<'g>) -> Option<(u32, Fault)> {
    let (wanted, held) = (claim.at("spec/resources/requests/storage"), volume.at("spec/capacity/storage"));
    let small = matches!((wanted.milli(), held.milli()), (Some(wanted), Some(held)) if held < wanted);
    let offered = |mode: &str| volume.at("spec/accessModes").items().any(|own| own.is(mode));
    let known = volume.at("spec/accessModes").items().next().is_some();
    let mode = claim.at("spec/accessModes").items().find(|mode| known && mode.text().is_some_and(|mode| !offered(mode)));
    let selector = claim.at("spec/selector");
    let unlabelled = selector.exists() && !labels::selector_selects(selector, volume.at("metadata/labels"));
    let own = volume.at("spec/claimRef/name").is(claim.name()) && volume.at("spec/claimRef/namespace").text() == claim.namespace();
    let released = volume.at("status/phase").is("Released");
    let bound = !own && !released && (volume.at("status/phase").is("Bound") || volume.at("spec/claimRef/name").exists());
    let distance =
        [small, mode.is_some(), unlabelled].into_iter().filter(|lacks| *lacks).count() * 2 + usize::from(released) + usize::from(bound) * 3;
    let (claim_name, volume_name) = (claim.reference(), volume.name());
    let quotes = |places: [(assent_capture::tree::At<'g>, Entity<'g>); 2]| {
        places.into_iter().filter_map(|(at, about)| case.quote(at, about)).collect::<Vec<_>>()
    };
    let text = |at: assent_capture::tree::At<'_>| at.scalar().unwrap_or_default();
    let (cause, says, quotes, next) = if small {
        let says = format!(
            "{claim_name} asks for {}, and the volume `{volume_name}` that would do otherwise holds only {}",
            text(wanted),
            text(held)
        );
        ("storage.volume_too_small", says, quotes([(wanted, claim), (held, volume)]), "Ask for less in the claim, or make a larger volume")
    } else if let Some(mode) = mode {
        let offers: Vec<String> = volume.at("spec/accessModes").items().filter_map(|mode| mode.scalar()).collect();
        let says = format!(
            "{claim_name} asks for the access mode {}, and the volume `{volume_name}` offers {} alone",
            text(mode),
            offers.join(", ")
        );
        let places = quotes([(mode, claim), (volume.at("spec/accessModes/0"), volume)]);
        ("storage.access_mode_unmatched", says, places, "Ask for an access mode that the volume offers, or make a volume that offers it")
    } else if unlabelled {
        let words = labels::printed(selector.get("matchLabels"));
        let says = format!(
            "{claim_name} selects volumes with the labels `{words}` (selector), and the volume `{volume_name}` does not carry them"
        );
        let places = quotes([(selector, claim), (volume.at("metadata/labels"), volume)]);
        ("storage.volume_selector_unmatched", says, places, "Correct the claim's selector, or label the volume")
    } else if released || bound {
        let holder = volume.at("spec/claimRef/name");
        let of = format!("{}/{}", volume.at("spec/claimRef/namespace").text_or_empty(), holder.text_or_empty());
        let places = quotes([(volume.at("status/phase"), volume), (holder, volume)]);
        if released {
            let says = format!(
                "The volume `{volume_name}` that {claim_name} needs is Released and still reserved (claimRef) for `{of}`, a claim that was deleted"
            );
            ("storage.reclaim_released", says, places, "Save the data, then clear `spec.claimRef` of the volume")
        } else {
            let says = format!("The volume `{volume_name}` that {claim_name} needs is already bound to the claim `{of}`");
            ("storage.volume_already_bound", says, places, "Make another volume, or use the claim that it is bound to")
        }
    } else {
        return None;
    };
    let fault = Fault { cause, says, strength: Strength::Proven, quotes, next: next.to_owned(), shared: None };
    Some((u32::try_from(distance).unwrap_or(u32::MAX), fault))
}

/// What the provisioner answered, or that it does not answer.
fn provisioner<'g>(case: &Case<'g>, claim: Entity<'g>, told: &[Told<'g>]) -> Option<Fault> {
    let class = class_of(claim).unwrap_or_default();
    let object = case.graph.object(Kind::StorageClass, None, class);
    let failed = told::events(case, claim, &["ProvisioningFailed"]);
    if let Some(answer) = failed.first() {
        let modes = ["AccessMode", "access mode", "MULTI_NODE_MULTI_WRITER", "Volume capabilities not supported"];
        let of_mode = modes.iter().any(|word| answer.text.contains(word)) && claim.at("spec/accessModes/0").exists();
        let why = answer.text.rsplit("desc = ").next().unwrap_or(answer.text);
        let mut quotes = vec![answer.quote.clone()];
        let cause = if of_mode { "storage.access_mode_unmatched" } else { "storage.provisioning_failed" };
        quotes.extend(case.quote(if of_mode { claim.at("spec/accessModes/0") } else { claim.at("spec/storageClassName") }, claim));
        quotes.extend(object.and_then(|class| case.quote(class.at("provisioner"), class)));
        return Some(Fault {
            cause,
            says: format!(
                "No volume can be provisioned for {} with the StorageClass `{class}`: {}",
                claim.reference(),
                shortened(why, WHY_CHARS_MAX)
            ),
            strength: if quotes.len() > 1 { Strength::Proven } else { Strength::Stated },
            quotes,
            next: "Act on the provisioner's answer; check its rights, its parameters and its pods".to_owned(),
            shared: (!of_mode).then(|| class.to_owned()),
        });
    }
    let waits = told
        .iter()
        .find(|told| told.text.contains("external provisioner") || told.text.starts_with("waiting for a volume to be created"))?;
    let by = crate::wording::between(waits.text, "external provisioner '", "'")
        .or_else(|| crate::wording::between(waits.text, "external provisioner \"", "\""))
        .unwrap_or("");
    let driver_gone = case.graph.is_absent(&ObjectRef::new(Kind::CSIDriver, None, by));
    let gone = if driver_gone { "is not installed (no CSIDriver of that name)" } else { "does not answer" };
    let mut quotes = vec![waits.quote.clone()];
    quotes.extend(object.and_then(|class| case.quote(class.at("provisioner"), class)));
    Some(Fault {
        cause: "storage.provisioning_failed",
        says: format!("{} waits for the provisioner `{by}` of the StorageClass `{class}`, which {gone}", claim.reference()),
        strength: if driver_gone && quotes.len() > 1 { Strength::Proven } else { Strength::Stated },
        quotes,
        next: format!("See whether the provisioner `{by}` runs, and what it logs"),
        shared: Some(class.to_owned()),
    })
}
