//! Any bytes as an archive: nothing panics, and what comes out stays within the limits.
#![no_main]

use assent_capture::archive::read_archive;
use assent_capture::limits::Limits;
use assent_capture::set::CaptureSet;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { input_bytes_max: 1 << 20, structured_bytes_max: 1 << 18, ..Limits::default() };
    let _ = read_archive(&mut CaptureSet::default(), "fuzz", bytes, &limits);
});
