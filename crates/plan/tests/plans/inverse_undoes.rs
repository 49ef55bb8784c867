//! A plan's payload, then its inverse, leave the object exactly as it was, and each meets its own preconditions on the way.

use assent_plan::observed::{Object, entity};
use assent_plan::plan::{Inverse, Request, Standing};
use serde_json::Value;

use crate::support;

fn patched(object: &Value, ops: &impl serde::Serialize) -> Value {
    let patch: json_patch::Patch = serde_json::from_value(serde_json::to_value(ops).unwrap()).unwrap();
    let mut after = object.clone();
    json_patch::patch(&mut after, &patch.0).unwrap();
    after
}

#[test]
fn every_proposed_plan_is_undone_by_its_inverse() {
    let mut plans = 0;
    for cluster in support::CLUSTERS.iter() {
        let proposed = assent_plan::propose(&cluster.site(), &cluster.report);
        for plan in &proposed.plans {
            plans += 1;
            assert_eq!(plan.standing(), Standing::Exact, "{}", cluster.name);
            let object = Object::of(entity(&cluster.graph, &plan.target.object).unwrap()).unwrap().json;
            assert_eq!(plan.preconditions.drift(&object), [], "{}", cluster.name);
            let (Request::Patch(change), Inverse::Patch { patch, preconditions }) = (&plan.request, &plan.inverse) else {
                panic!("{}: a remedy that deletes", cluster.name)
            };
            let after = patched(&object, change);
            assert_ne!(after, object, "{}", cluster.name);
            assert_eq!(preconditions.drift(&after), [], "{}", cluster.name);
            assert!(!plan.preconditions.drift(&after).is_empty(), "{}: the plan would run twice", cluster.name);
            assert_eq!(patched(&after, patch), object, "{}", cluster.name);
            // The inverse of a change that was not made is refused by its preconditions, and by its own tests where JSON patch has one.
            assert!(!preconditions.drift(&object).is_empty(), "{}", cluster.name);
            let undo: json_patch::Patch = serde_json::from_value(serde_json::to_value(patch).unwrap()).unwrap();
            let mut same = object.clone();
            assert!(json_patch::patch(&mut same, &undo.0).is_err() || same == object, "{}", cluster.name);
        }
    }
    assert!(plans > 70, "{plans}");
}

#[test]
fn a_payload_meets_no_other_object_and_no_later_state() {
    for cluster in support::CLUSTERS.iter() {
        let proposed = assent_plan::propose(&cluster.site(), &cluster.report);
        for plan in &proposed.plans {
            let object = Object::of(entity(&cluster.graph, &plan.target.object).unwrap()).unwrap().json;
            let Request::Patch(change) = &plan.request else { continue };
            let patch: json_patch::Patch = serde_json::from_value(serde_json::to_value(change).unwrap()).unwrap();
            let mut others = vec![("uid", "/metadata/uid", Value::from("another"))];
            match plan.preconditions.unmoved {
                assent_plan::precondition::Unmoved::Generation => others.push(("generation", "/metadata/generation", Value::from(4))),
                assent_plan::precondition::Unmoved::ResourceVersion => {
                    others.push(("version", "/metadata/resourceVersion", Value::from("4712")));
                }
                assent_plan::precondition::Unmoved::Observed => {}
            }
            for (what, path, value) in others {
                let mut other = object.clone();
                *other.pointer_mut(path).unwrap() = value;
                assert!(!plan.preconditions.drift(&other).is_empty(), "{}: {what}", cluster.name);
                let before = other.clone();
                assert!(json_patch::patch(&mut other, &patch.0).is_err(), "{}: {what}", cluster.name);
                assert_eq!(other, before, "{}: {what}", cluster.name);
            }
        }
    }
}
