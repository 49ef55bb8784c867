//! Any text as an SSH signature, a key or a list of allowed signers: nothing panics, and nothing made up holds.
#![no_main]

use assent_approval::sshsig::{AllowedSigners, SshKey, SshSignature};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(key) = text.parse::<SshKey>() {
            assert_eq!(key.to_string(), text);
        }
        let _ = AllowedSigners::parse(text);
        if let Ok(signature) = SshSignature::parse(text) {
            assert!(signature.verify("assent.plan", b"a statement").is_err());
        }
    }
    if let Ok(signature) = SshSignature::from_blob(bytes) {
        assert!(signature.verify("assent.plan", b"a statement").is_err());
    }
});
