//! The bytes and the digest of one plan of each action, for readers that are not written in Rust: the console reads them in its own tests.

use std::collections::BTreeMap;

use crate::support;

#[test]
fn one_plan_of_each_action_has_these_bytes_and_this_digest() {
    let mut lines = BTreeMap::new();
    for cluster in support::CLUSTERS.iter() {
        for plan in assent_plan::propose(&cluster.site(), &cluster.report).plans {
            lines.entry(plan.action.kind()).or_insert_with(|| {
                let bytes = String::from_utf8(plan.canonical().unwrap()).unwrap();
                serde_json::json!({ "digest": plan.digest().unwrap().to_string(), "bytes": bytes }).to_string()
            });
        }
    }
    insta::assert_snapshot!(lines.into_values().collect::<Vec<_>>().join("\n"));
}
