//! Any bytes as a plan or a proposal: nothing panics, a plan that reads has one spelling, and its body is what its digest covers.
#![no_main]

use assent_plan::plan::Plan;
use assent_plan::proposal::Proposal;
use assent_plan::text;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(plan) = Plan::parse(bytes) {
        assert_eq!(plan.canonical().expect("it was read"), bytes);
        let _ = plan.request.body().expect("it was read");
        let _ = text::commands(&plan);
        assert!(!plan.preconditions.drift(&serde_json::Value::Null).is_empty(), "a plan runs on nothing");
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(proposal) = Proposal::read(text)
    {
        let again = serde_json::to_string(&proposal).expect("a proposal is JSON");
        assert_eq!(Proposal::read(&again).expect("it was read"), proposal);
    }
});
