//! What an SSH key signed holds for the message, the namespace and the key that it was for, and for nothing else.
//!
//! The vectors were made by `ssh-keygen -Y sign` of OpenSSH 9.2 over `a statement` and a newline, in the namespace `assent.test`; their keys
//! were thrown away. Security keys are played in software.

use assent_approval::sshsig::{AllowedSigners, BadLine, SshKey, SshRefused, SshSignature};
use assent_base::{Digest, Timestamp};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

const MESSAGE: &[u8] = b"a statement\n";
const NAMESPACE: &str = "assent.test";
const ED25519: &str = include_str!("vectors/ed25519_sha512.sig");
const P256: &str = include_str!("vectors/p256_sha512.sig");

#[test]
fn what_ssh_keygen_signed_holds() {
    for (text, key) in [
        (ED25519, include_str!("vectors/ed25519.pub")),
        (include_str!("vectors/ed25519_sha256.sig"), include_str!("vectors/ed25519.pub")),
        (P256, include_str!("vectors/p256.pub")),
    ] {
        let key: SshKey = key.trim_end().parse().unwrap();
        let signature = SshSignature::parse(text).unwrap();
        assert_eq!(signature.key(), &key);
        let signed = signature.verify(NAMESPACE, MESSAGE).unwrap();
        assert_eq!((signed.key(), signed.user_verified()), (&key, false));
        assert_eq!(signature.verify("assent.plan", MESSAGE).unwrap_err(), SshRefused::WrongNamespace);
        assert_eq!(signature.verify(NAMESPACE, b"a statement").unwrap_err(), SshRefused::BadSignature);
        assert_eq!(serde_json::from_str::<SshKey>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
        assert!(SshSignature::parse(&text.replace('\n', "\r\n")).is_ok(), "as a browser's form would send it");
    }
}

#[test]
fn rsa_is_not_taken() {
    assert_eq!(SshSignature::parse(include_str!("vectors/rsa_sha512.sig")).unwrap_err(), SshRefused::UnknownKind);
}

#[test]
fn every_flipped_bit_and_every_cut_refuses() {
    for text in [ED25519.to_owned(), P256.to_owned(), armored(&security_key(0x05, NAMESPACE))] {
        let blob = blob_of(&text);
        let holds = |blob: &[u8]| SshSignature::from_blob(blob).is_ok_and(|signature| signature.verify(NAMESPACE, MESSAGE).is_ok());
        assert!(holds(&blob));
        for at in 0..blob.len() {
            for bit in 0..8 {
                let mut changed = blob.clone();
                changed[at] ^= 1 << bit;
                assert!(!holds(&changed), "byte {at}, bit {bit}");
            }
            assert!(!holds(&blob[..at]), "cut at {at}");
        }
        assert!(!holds(&[blob.as_slice(), &[0]].concat()), "a byte more");
    }
}

#[test]
fn the_frame_is_exact() {
    for bad in [
        String::new(),
        ED25519.replace("BEGIN SSH", "BEGIN PGP"),
        ED25519.replace("-----END SSH SIGNATURE-----\n", ""),
        format!("{ED25519}{ED25519}"),
        format!("see:\n{ED25519}"),
        ED25519.replace("U1NIU0lH", "U1NIU0l!"),
        "-----BEGIN SSH SIGNATURE-----".to_owned(),
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", "A".repeat(9_000)),
    ] {
        assert!(SshSignature::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn a_security_key_must_have_been_touched() {
    let check = |flags: u8| SshSignature::from_blob(&security_key(flags, NAMESPACE)).unwrap().verify(NAMESPACE, MESSAGE);
    assert!(!check(0x01).unwrap().user_verified());
    assert!(check(0x05).unwrap().user_verified());
    assert_eq!(check(0x00).unwrap_err(), SshRefused::NotPresent);
    assert_eq!(check(0x04).unwrap_err(), SshRefused::NotPresent);
    assert_eq!(check(0x41).unwrap_err(), SshRefused::UnknownKind);
    let signed = SshSignature::from_blob(&security_key_ed25519(0x01)).unwrap().verify(NAMESPACE, MESSAGE).unwrap();
    assert_eq!(signed.key().application(), Some("ssh:"));
}

#[test]
fn a_signature_of_an_allowed_key_is_its_owners() {
    let key: SshKey = include_str!("vectors/ed25519.pub").trim_end().parse().unwrap();
    let file = format!(
        "# who may approve\n\nada@example.org,ada namespaces=\"assent.plan,assent.test\",valid-after=\"20260101Z\",valid-before=\"20270101123000Z\" {key} laptop of Ada\nben@example.org {}\n",
        include_str!("vectors/p256.pub").trim_end()
    );
    let allowed = AllowedSigners::parse(&file).unwrap();
    assert_eq!(allowed.len(), 2);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let noon = at("2026-05-04T12:00:00Z");
    assert!(allowed.allows("ada@example.org", &key, NAMESPACE, noon) && allowed.allows("ada", &key, NAMESPACE, noon));
    assert!(!allowed.allows("ben@example.org", &key, NAMESPACE, noon), "somebody else's key");
    assert!(!allowed.allows("Ada", &key, NAMESPACE, noon));
    assert!(!allowed.allows("ada", &key, "git", noon), "another namespace");
    assert!(!allowed.allows("ada", &key, NAMESPACE, at("2025-12-31T23:59:59Z")), "not yet");
    assert!(allowed.allows("ada", &key, NAMESPACE, at("2026-01-01T00:00:00Z")));
    assert!(allowed.allows("ada", &key, NAMESPACE, at("2027-01-01T12:29:59Z")));
    assert!(!allowed.allows("ada", &key, NAMESPACE, at("2027-01-01T12:30:00Z")), "no more");
    assert_eq!(allowed.principals(&key, NAMESPACE, noon).into_iter().collect::<Vec<_>>(), ["ada", "ada@example.org"]);
    let ben: SshKey = include_str!("vectors/p256.pub").trim_end().parse().unwrap();
    assert!(allowed.allows("ben@example.org", &ben, "anything", noon), "without options there is no bound");
}

#[test]
fn a_file_is_understood_whole_or_not_at_all() {
    let key = include_str!("vectors/ed25519.pub").trim_end();
    let why = |line: String| AllowedSigners::parse(&format!("# first\n{line}\n")).map_err(|bad| (bad.line, bad.why)).unwrap_err();
    for principals in ["*", "*@example.org", "ada?", "!eve,ada", "\"ada lovelace\"", "ada,,ben", ",", "a\u{7f}"] {
        assert_eq!(why(format!("{principals} {key}")), (2, BadLine::BadPrincipal), "{principals}");
    }
    for options in [
        "cert-authority",
        "zone=\"a\"",
        "namespaces=\"a\",namespaces=\"b\"",
        "namespaces=a",
        "namespaces=\"a",
        "namespaces=\"\"",
        "namespaces=\"a*\"",
        "namespaces=\"a\"x",
        "namespaces=\"a\",",
    ] {
        assert_eq!(why(format!("ada {options} {key}")), (2, BadLine::BadOption), "{options}");
    }
    for instant in ["20260101", "2026Z", "20261301Z", "202601010Z", "20260101250000Z", "-0260101Z", ""] {
        assert_eq!(why(format!("ada valid-after=\"{instant}\" {key}")), (2, BadLine::BadInstant), "{instant}");
    }
    for bad in ["ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAB3NzaC1yc2E=", &key.replace("ssh-ed25519 ", "sk-ssh-ed25519@openssh.com ")]
    {
        assert!(matches!(why(format!("ada {bad}")), (2, BadLine::BadKey(_))), "{bad}");
    }
    assert!(AllowedSigners::parse("").unwrap().is_empty());
    let many = format!("ada {key}\n").repeat(1_001);
    assert_eq!(AllowedSigners::parse(&many).unwrap_err().why, BadLine::TooLong);
}

proptest! {
    #[test]
    fn whatever_comes_nothing_panics_and_nothing_is_believed(text in "\\PC{0,400}", blob in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(SshSignature::parse(&text).is_err());
        prop_assert!(SshSignature::from_blob(&blob).is_err());
        prop_assert!(SshSignature::from_blob(&[b"SSHSIG\0\0\0\x01".as_slice(), &blob].concat()).is_err());
        let _ = AllowedSigners::parse(&text);
    }
}

fn blob_of(text: &str) -> Vec<u8> {
    let inner: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(inner).unwrap()
}

fn armored(blob: &[u8]) -> String {
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", STANDARD.encode(blob))
}

/// A signature of a security key on P-256 that saw this.
fn security_key(flags: u8, namespace: &str) -> Vec<u8> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let kind = "sk-ecdsa-sha2-nistp256@openssh.com";
    let key = strings(&[kind.as_bytes(), b"nistp256", pair.public_key().as_ref(), b"ssh:"]);
    let signature = pair.sign(&SystemRandom::new(), &touched(flags, namespace)).unwrap();
    let numbers = strings(&[&number(&signature.as_ref()[..32]), &number(&signature.as_ref()[32..])]);
    let signature = [strings(&[kind.as_bytes(), &numbers]).as_slice(), &[flags], &7_u32.to_be_bytes()].concat();
    framed(&key, namespace, &signature)
}

fn security_key_ed25519(flags: u8) -> Vec<u8> {
    let pair = Ed25519KeyPair::generate().unwrap();
    let kind = "sk-ssh-ed25519@openssh.com";
    let key = strings(&[kind.as_bytes(), pair.public_key().as_ref(), b"ssh:"]);
    let signature = pair.sign(&touched(flags, NAMESPACE));
    let signature = [strings(&[kind.as_bytes(), signature.as_ref()]).as_slice(), &[flags], &7_u32.to_be_bytes()].concat();
    framed(&key, NAMESPACE, &signature)
}

/// What a security key signs.
fn touched(flags: u8, namespace: &str) -> Vec<u8> {
    let hashed = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, MESSAGE);
    let signed = [b"SSHSIG", strings(&[namespace.as_bytes(), b"", b"sha512", hashed.as_ref()]).as_slice()].concat();
    let (application, inner) = (Digest::of(b"ssh:"), Digest::of(&signed));
    [application.as_bytes().as_slice(), &[flags], &7_u32.to_be_bytes(), inner.as_bytes()].concat()
}

fn framed(key: &[u8], namespace: &str, signature: &[u8]) -> Vec<u8> {
    [b"SSHSIG\0\0\0\x01", strings(&[key, namespace.as_bytes(), b"", b"sha512", signature]).as_slice()].concat()
}

fn strings(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&u32::try_from(part.len()).unwrap().to_be_bytes(), *part].concat()).collect()
}

/// A number as SSH writes it.
fn number(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { [&[0], bytes].concat() } else { bytes.to_vec() }
}
