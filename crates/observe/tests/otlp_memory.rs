//! A request of OpenTelemetry takes little more memory than its own bytes, whatever it holds.
//!
//! Measured as the system sees it: the most that this process had resident. So there is one test here, and it has a process to itself.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "this is a test, helpers included")]

use assent_observe::otlp::{Form, rehearse_metrics, rehearse_traces};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

/// What a request has at most.
const REQUEST_BYTES: usize = 2 << 20;
/// What reading one may take, its own bytes and those that it is copied to included.
const TAKEN_KB_MAX: u64 = 8 << 10;

#[test]
fn the_most_hostile_request_takes_no_more_than_a_few_times_its_bytes() {
    // A resource that is a workload's, with as many spans as fit: two bytes are enough for one that says nothing.
    let spans = nested(&[1, 2], &[0x12, 0x00].repeat((REQUEST_BYTES - 32) / 2));
    let points = |kind: u8| {
        let histogram = nested(&[kind], &[[0x10, 0x01].as_slice(), &[0x0a, 0x00].repeat((REQUEST_BYTES - 128) / 2)].concat());
        let metric = [nested(&[1], b"http.server.duration"), nested(&[3], b"ms"), histogram].concat();
        nested(&[1, 2, 2], &metric)
    };
    let attributes = nested(&[1, 1], &[0x0a, 0x00].repeat((REQUEST_BYTES - 32) / 2));
    let json = |inner: &str, each: &str, end: &str| {
        let mut text = inner.to_owned();
        while text.len() + each.len() + end.len() + 2 < REQUEST_BYTES {
            text.push_str(each);
            text.push(',');
        }
        text + each + end
    };
    let json_spans = json(r#"{"resourceSpans":[{"scopeSpans":[{"spans":["#, "{}", "]}]}]}");
    let json_attributes = json(r#"{"resourceSpans":[{"resource":{"attributes":["#, "{}", "]}}]}");
    let json_counts = json(
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"http.server.duration","unit":"ms","histogram":{"aggregationTemporality":1,
        "dataPoints":[{"bucketCounts":["#,
        "0",
        "]}]}}]}]}]}",
    );
    let taken = [
        ("spans", peak_kb(|| rehearse_traces(Form::Protobuf, false, &spans).unwrap())),
        ("attributes", peak_kb(|| rehearse_traces(Form::Protobuf, false, &attributes).unwrap())),
        ("points", peak_kb(|| rehearse_metrics(Form::Protobuf, false, &points(9)).unwrap())),
        ("exponential points", peak_kb(|| rehearse_metrics(Form::Protobuf, false, &points(10)).unwrap())),
        ("spans in JSON", peak_kb(|| rehearse_traces(Form::Json, false, json_spans.as_bytes()).unwrap())),
        ("attributes in JSON", peak_kb(|| rehearse_traces(Form::Json, false, json_attributes.as_bytes()).unwrap())),
        ("counts in JSON", peak_kb(|| rehearse_metrics(Form::Json, false, json_counts.as_bytes()).unwrap())),
    ];
    let structs = peak_kb(|| ExportTraceServiceRequest::decode(spans.as_slice()).unwrap());
    println!("kB at most, of {REQUEST_BYTES} bytes: {taken:?}; {structs} decoded into structs");
    for (what, kb) in taken {
        assert!(kb <= TAKEN_KB_MAX, "{what}: {kb} kB");
    }
    assert!(structs > 8 * TAKEN_KB_MAX, "this is no hostile request: {structs} kB");
}

/// A message in fields of these numbers, the outermost first.
fn nested(fields: &[u8], inner: &[u8]) -> Vec<u8> {
    fields.iter().rev().fold(inner.to_vec(), |message, field| {
        let mut out = vec![field << 3 | 2];
        let mut length = message.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(&message);
        out
    })
}

/// How much more this process had resident at most while it did something than it had before.
fn peak_kb<T>(what: impl FnOnce() -> T) -> u64 {
    // Begins the count of the most anew.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = resident_kb("VmRSS:");
    drop(what());
    resident_kb("VmHWM:").saturating_sub(before)
}

fn resident_kb(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
