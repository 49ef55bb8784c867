//! Any bytes as what is pinned in a cluster, as an executor's journal, and as work: nothing panics, what is believed has one canonical form, and
//! nothing makes an order.
#![no_main]

use std::collections::BTreeSet;

use assent_api::executor::Work;
use assent_base::Timestamp;
use assent_execution::Pinned;
use assent_execution::journal::Journal;
use assent_execution::order::{Known, Order};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let pinned = Pinned::parse(bytes);
    if let Ok(pinned) = &pinned {
        let again = Pinned::parse(pinned.canonical().as_bytes()).expect("it was read");
        assert_eq!(again.canonical(), pinned.canonical());
        assert_eq!(again.policy_digest(), pinned.policy_digest());
    }
    if let Ok(journal) = Journal::parse(bytes) {
        assert!(journal.whole_bytes <= bytes.len());
        let _ = journal.book.compacted(Timestamp::UNIX_EPOCH);
    }
    // The first line is what is pinned, and the rest what a control plane says: it knows nobody's key.
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    if let (Some(first), Some(rest)) = (parts.next(), parts.next())
        && let (Ok(pinned), Ok(work)) = (Pinned::parse(first), serde_json::from_slice::<Work>(rest))
        && pinned.rules.auto_approve.is_empty()
    {
        let (used, uid) = (BTreeSet::new(), "uid-1".parse().expect("a UID"));
        let known = Known { pinned: &pinned, cluster_uid: &uid, used: &used, opened_by_rule: &[] };
        for offer in &work.run {
            assert!(Order::accept(offer, &known, Timestamp::UNIX_EPOCH).is_err());
        }
    }
});
