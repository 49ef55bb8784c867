//! What people read of a plan.

use assent_plan::text;

use crate::support;

fn printed(name: &str) -> String {
    let cluster = support::CLUSTERS.iter().find(|cluster| cluster.name == name).unwrap();
    let proposed = assent_plan::propose(&cluster.site(), &cluster.report);
    proposed.plans.iter().map(text::write).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_roll_back_shows_what_comes_back() {
    insta::assert_snapshot!(printed("change/crash_after_new_image.yaml"));
}

#[test]
fn a_corrected_selector_shows_both_labels() {
    insta::assert_snapshot!(printed("service/selector_wrong_and_caller_complains.yaml"));
}

#[test]
fn a_custom_patch_is_flagged() {
    insta::assert_snapshot!(printed("probe/too_strict.yaml"));
}

#[test]
fn a_patch_file_holds_the_payload_and_its_undo() {
    let cluster = support::CLUSTERS.iter().find(|cluster| cluster.name == "memory/container_limit.yaml").unwrap();
    let proposed = assent_plan::propose(&cluster.site(), &cluster.report);
    let (change, undo) = proposed.plans.first().and_then(text::patches).unwrap();
    insta::assert_snapshot!(format!("{change}\n{undo}"));
}
