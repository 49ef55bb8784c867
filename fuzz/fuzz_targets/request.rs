//! Any bytes as a body, any text as a query: they are read or refused, and a refusal stays short.
#![no_main]

use assent_api::incidents::IncidentQuery;
use assent_api::observer::Batch;
use assent_http::{Limits, parse};

/// Bytes of a refusal at most: it quotes, within bounds, what was sent.
const REFUSAL_BYTES_MAX: usize = 16 << 10;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Err(problem) = parse::body::<Batch>(bytes, limits.json_depth_max) {
        assert!(serde_json::to_vec(&problem).is_ok_and(|text| text.len() < REFUSAL_BYTES_MAX));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Err(problem) = parse::query::<IncidentQuery>(Some(text), &limits) {
            assert!(serde_json::to_vec(&problem).is_ok_and(|text| text.len() < REFUSAL_BYTES_MAX));
        }
    }
});
