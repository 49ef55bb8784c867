//! Any text as the output of common commands: nothing panics, and the report proves itself.
#![no_main]

use assent_capture::files::read_file;
use assent_capture::limits::Limits;
use assent_capture::set::CaptureSet;
use assent_diagnosis::{Options, investigate, proof};
use assent_evidence::Graph;

const COMMANDS: &[&str] = &[
    "kubectl get pods -A -o wide --show-labels",
    "kubectl describe pod a",
    "kubectl describe node a",
    "kubectl get events",
    "kubectl logs a",
    "kubectl top pods",
    "kubectl get deploy -o yaml",
    "kubectl get svc -o json",
    "curl http://alertmanager/api/v2/alerts",
    "systemctl status kubelet",
];

libfuzzer_sys::fuzz_target!(|input: (u8, &str)| {
    let command = COMMANDS[usize::from(input.0) % COMMANDS.len()];
    let text = format!("$ {command}\n{}", input.1);
    let mut set = CaptureSet::default();
    read_file(&mut set, "-", text.as_bytes(), &Limits::default());
    let graph = Graph::build(set, None);
    let report = investigate(&graph, &Options::default());
    assert!(proof::check(&report, &graph).failures.is_empty());
});
