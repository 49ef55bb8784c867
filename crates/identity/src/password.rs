//! Passwords: which are accepted, and how they are kept and checked.
//!
//! Hashing takes tens of milliseconds and 19 MiB on purpose: callers run it on a thread for blocking work, and bound how many run at once.
//! A password is taken as the bytes that were sent; nothing is trimmed, cut or normalized.
//!
//! Source: the OWASP Password Storage Cheat Sheet for the parameters, NIST SP 800-63B section 5.1.1 for the rules: length, no list of
//! character classes, nothing that is on every list of guesses.

use assent_base::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::opaque::same;
use crate::random::{self, NoRandomness};

/// Characters of a password at least.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Bytes of a password at most: hashing must not be a way to keep the platform busy.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Memory of one hash.
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over the memory.
pub const PASSES: u32 = 2;
/// Lanes. One, since the platform hashes for several people at once.
pub const LANES: u32 = 1;
/// Memory that a record may ask for at most; more is not ours.
const MEMORY_KIB_MAX: u32 = 1 << 20;
/// Passes that a record may ask for at most.
const PASSES_MAX: u32 = 16;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// A part of a name or address that is shorter is not looked for: it is in too many words.
const PERSONAL_CHARS_MIN: usize = 4;

/// Guesses of twelve characters and more that everybody tries, and words that make up others. Lower case, without digits at the end.
const GUESSES: &[&str] = &[
    "abcdefghijkl",
    "administrator",
    "changemechangeme",
    "changemenow",
    "correcthorsebatterystaple",
    "iloveyouiloveyou",
    "kubernetes",
    "letmeinletmein",
    "letmeinplease",
    "mypassword",
    "password",
    "passwordpassword",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyqwerty",
    "qwertyuiop",
    "qwertyuiopasdfghjkl",
    "qwertzuiop",
    "superadmin",
    "thisisapassword",
    "trustno1trustno1",
    "welcome",
    "welcomewelcome",
    "whatever",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "q1w2e3r4t5y6",
    "zaq12wsxcde3",
];

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few characters.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    Short,
    /// Too many bytes.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    /// Everybody's first guess.
    #[error("this password is among the first that anybody would try")]
    Guessable,
    /// It contains the name or the address.
    #[error("a password must not contain your name or address")]
    Personal,
}

/// What is kept of a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRecord {
    algorithm: Algorithm,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    hash: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Algorithm {
    #[serde(rename = "argon2id")]
    Argon2id,
}

/// Whether a password is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It is.
    Right {
        /// The record was made with weaker parameters than today's: make a new one now, while the password is at hand.
        outdated: bool,
    },
    /// It is not, or there is no such account.
    Wrong,
}

/// No verdict could be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// No salt.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The record is not one that we wrote.
    #[error("the record of a password is damaged: {0}")]
    BadRecord(&'static str),
    /// The hash could not be computed, for want of memory.
    #[error("a password could not be hashed")]
    Failed,
}

/// Says whether somebody of this name and address may choose this password.
pub fn accept(password: &Secret, name: &str, email: &str) -> Result<(), BadPassword> {
    let text = password.expose();
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(BadPassword::Long);
    }
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Err(BadPassword::Short);
    }
    let lower = Zeroizing::new(text.to_lowercase());
    if is_guessable(&lower) {
        return Err(BadPassword::Guessable);
    }
    let lower_name = name.to_lowercase();
    let lower_email = email.to_lowercase();
    let mailbox = lower_email.split('@').next().unwrap_or_default();
    let personal = lower_name.split_whitespace().chain(mailbox.split(['.', '_', '-', '+'])).chain([mailbox]);
    if personal.filter(|part| part.chars().count() >= PERSONAL_CHARS_MIN).any(|part| lower.contains(part)) {
        return Err(BadPassword::Personal);
    }
    Ok(())
}

fn is_guessable(lower: &str) -> bool {
    let trimmed = lower.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_whitespace());
    let distinct: std::collections::BTreeSet<char> = lower.chars().collect();
    let steps = |by: i64| lower.chars().zip(lower.chars().skip(1)).all(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)) == by);
    GUESSES.contains(&lower)
        || GUESSES.contains(&trimmed)
        // Digits alone are a date or a telephone number; a few characters again and again are no secret.
        || lower.chars().all(|c| c.is_ascii_digit())
        || distinct.len() < 5
        || steps(1)
        || steps(-1)
}

impl PasswordRecord {
    /// What to keep of this password, with today's parameters.
    pub fn new(password: &Secret) -> Result<Self, PasswordError> {
        let salt = random::bytes::<SALT_BYTES>()?;
        let hash = hash(password, &salt, MEMORY_KIB, PASSES, LANES)?;
        Ok(Self {
            algorithm: Algorithm::Argon2id,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: STANDARD_NO_PAD.encode(salt),
            hash: STANDARD_NO_PAD.encode(hash.as_slice()),
        })
    }

    fn outdated(&self) -> bool {
        self.memory_kib < MEMORY_KIB || self.passes < PASSES || self.lanes != LANES
    }
}

/// Checks a password. Without a record, for an account that does not exist, as much work is done, and the verdict is [`Verdict::Wrong`].
pub fn verify(record: Option<&PasswordRecord>, password: &Secret) -> Result<Verdict, PasswordError> {
    // Too long for anybody to have chosen: no work for that, whether or not there is an account.
    if password.expose().len() > PASSWORD_BYTES_MAX {
        return Ok(Verdict::Wrong);
    }
    let Some(record) = record else {
        let _ = hash(password, &[0; SALT_BYTES], MEMORY_KIB, PASSES, LANES)?;
        return Ok(Verdict::Wrong);
    };
    let (salt, kept) = (decode(&record.salt)?, decode(&record.hash)?);
    let computed = hash(password, &salt, record.memory_kib, record.passes, record.lanes)?;
    Ok(if same(computed.as_slice(), &kept) { Verdict::Right { outdated: record.outdated() } } else { Verdict::Wrong })
}

fn decode(text: &str) -> Result<Vec<u8>, PasswordError> {
    STANDARD_NO_PAD.decode(text).map_err(|_| PasswordError::BadRecord("not base64"))
}

fn hash(password: &Secret, salt: &[u8], memory_kib: u32, passes: u32, lanes: u32) -> Result<Zeroizing<[u8; HASH_BYTES]>, PasswordError> {
    if memory_kib > MEMORY_KIB_MAX || passes > PASSES_MAX {
        return Err(PasswordError::BadRecord("parameters that we never chose"));
    }
    let params = argon2::Params::new(memory_kib, passes, lanes, Some(HASH_BYTES))
        .map_err(|_| PasswordError::BadRecord("parameters that argon2 does not take"))?;
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(password.expose().as_bytes(), salt, hash.as_mut_slice())
        .map_err(|_| PasswordError::Failed)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognized_and_another_is_not() {
        let record = PasswordRecord::new(&secret("tide over quiet harbour")).unwrap();
        assert_eq!(verify(Some(&record), &secret("tide over quiet harbour")), Ok(Verdict::Right { outdated: false }));
        assert_eq!(verify(Some(&record), &secret("tide over quiet harbor")), Ok(Verdict::Wrong));
        assert_eq!(verify(None, &secret("tide over quiet harbour")), Ok(Verdict::Wrong));
    }

    #[test]
    fn a_record_of_weaker_parameters_is_outdated() {
        let salt = [7; SALT_BYTES];
        let weak = hash(&secret("tide over quiet harbour"), &salt, 64, 1, 1).unwrap();
        let record = PasswordRecord {
            algorithm: Algorithm::Argon2id,
            memory_kib: 64,
            passes: 1,
            lanes: 1,
            salt: STANDARD_NO_PAD.encode(salt),
            hash: STANDARD_NO_PAD.encode(weak.as_slice()),
        };
        assert_eq!(verify(Some(&record), &secret("tide over quiet harbour")), Ok(Verdict::Right { outdated: true }));
        let greedy = PasswordRecord { memory_kib: u32::MAX, ..record };
        assert!(matches!(verify(Some(&greedy), &secret("tide over quiet harbour")), Err(PasswordError::BadRecord(_))));
    }

    #[test]
    fn the_hash_is_argon2id() {
        // The vector of RFC 9106 section 5.3 has a key and associated data, which we do not use; this one is of the reference program:
        // `echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1`.
        let computed = hash(&secret("password"), b"somesalt", 65_536, 2, 1).unwrap();
        let hex: String = computed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn two_records_of_one_password_differ() {
        let password = secret("tide over quiet harbour");
        assert_ne!(PasswordRecord::new(&password), PasswordRecord::new(&password));
    }

    #[test]
    fn weak_passwords_are_not_accepted() {
        for (password, why) in [
            ("elevenchars", BadPassword::Short),
            ("ééééééééééé", BadPassword::Short),
            ("password123456", BadPassword::Guessable),
            ("PassWord!2026!", BadPassword::Guessable),
            ("qwertyuiop[]", BadPassword::Guessable),
            ("123456789012", BadPassword::Guessable),
            ("aaaaaaaaaaaaaaaa", BadPassword::Guessable),
            ("abababababababab", BadPassword::Guessable),
            ("abcdefghijklmnop", BadPassword::Guessable),
            ("lovelace rules the world", BadPassword::Personal),
            ("my ada.lovelace secret", BadPassword::Personal),
        ] {
            assert_eq!(accept(&secret(password), "Ada Lovelace", "ada.lovelace@example.org"), Err(why), "{password}");
        }
        assert_eq!(accept(&secret(&"a1b2".repeat(300)), "Ada", "ada@example.org"), Err(BadPassword::Long));
        assert_eq!(accept(&secret("tide over quiet harbour"), "Ada Lovelace", "ada.lovelace@example.org"), Ok(()));
        assert_eq!(accept(&secret("the canada goose"), "Ada", "ada@example.org"), Ok(()), "three letters are in many words");
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }
}
