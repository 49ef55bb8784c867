//! Any report against a small input: the checker answers, whatever the report claims.
#![no_main]

use assent_capture::files::read_file;
use assent_capture::limits::Limits;
use assent_capture::set::CaptureSet;
use assent_diagnosis::{Report, proof};
use assent_evidence::Graph;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(report) = serde_json::from_slice::<Report>(bytes) {
        let mut set = CaptureSet::default();
        read_file(&mut set, "pods.yaml", "kind: Pod\nmetadata: {name: a, namespace: b}\n".as_bytes(), &Limits::default());
        let _ = proof::check(&report, &Graph::build(set, None));
    }
});
