//! Any bytes as a file, by any path: the graph is built and investigated, and the report proves itself.
#![no_main]

use assent_capture::files::read_file;
use assent_capture::limits::Limits;
use assent_capture::set::CaptureSet;
use assent_diagnosis::{Options, investigate, proof};
use assent_evidence::Graph;

libfuzzer_sys::fuzz_target!(|input: (&str, &[u8])| {
    let (path, bytes) = input;
    let mut set = CaptureSet::default();
    read_file(&mut set, path, bytes, &Limits::default());
    let graph = Graph::build(set, None);
    let report = investigate(&graph, &Options::default());
    assert!(proof::check(&report, &graph).failures.is_empty());
});
