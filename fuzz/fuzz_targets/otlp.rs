//! Any bytes are requests of OpenTelemetry or are not: in protobuf, JSON and frames of gRPC, plain and zipped. Nothing panics, and what says the
//! same in two forms comes to the same.

#![no_main]

use assent_observe::otlp::{Form, Unreadable, rehearse_metrics, rehearse_traces};
use libfuzzer_sys::fuzz_target;

/// Reads a request, and says how much of it was not taken.
type Rehearse = fn(Form, bool, &[u8]) -> Result<u64, Unreadable>;

fuzz_target!(|bytes: &[u8]| {
    for rehearse in [rehearse_traces as Rehearse, rehearse_metrics] {
        for zipped in [false, true] {
            for form in [Form::Protobuf, Form::Json, Form::Grpc] {
                let _ = rehearse(form, zipped, bytes);
            }
        }
        let mut framed = vec![0];
        framed.extend_from_slice(&u32::try_from(bytes.len()).expect("an input is small").to_be_bytes());
        framed.extend_from_slice(bytes);
        assert_eq!(rehearse(Form::Grpc, false, &framed), rehearse(Form::Protobuf, false, bytes), "a frame changes nothing");
    }
});
