//! Who may sign, in the format of `allowed_signers`: names, options, key.
//!
//! ```text
//! ada@example.org,ada namespaces="assent.plan",valid-before="20270101Z" ssh-ed25519 AAAA… laptop
//! ```
//!
//! Stricter than ssh-keygen(1): patterns of names, certificates and unknown options are errors, since each could let in somebody whom nobody
//! named; and an instant ends in `Z`, since here is no time zone.

use std::collections::BTreeSet;

use assent_base::Timestamp;

use super::key::{BadSshKey, SshKey};

/// Bytes of a file at most.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// Lines with a key at most.
pub const SIGNERS_MAX: usize = 1_000;
/// Bytes of a name at most.
const PRINCIPAL_BYTES_MAX: usize = 254;

/// Whose keys may sign what, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    signers: Vec<Signer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) principals: BTreeSet<String>,
    pub(crate) key: SshKey,
    namespaces: Option<BTreeSet<String>>,
    pub(crate) valid_after: Option<Timestamp>,
    pub(crate) valid_before: Option<Timestamp>,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadAllowedSigners {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub why: BadLine,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Too many lines or bytes.
    #[error("a file has at most {FILE_BYTES_MAX} bytes and {SIGNERS_MAX} signers")]
    TooLong,
    /// A name that is none, or could be more than one.
    #[error("names are listed one by one, without patterns, quotes and control characters")]
    BadPrincipal,
    /// An option that we do not know, twice the same, or badly quoted.
    #[error("the options that are taken are `namespaces`, `valid-after` and `valid-before`, each once and its value in double quotes")]
    BadOption,
    /// A moment that cannot be read.
    #[error("an instant reads `20270101Z` or `20270101123000Z`")]
    BadInstant,
    /// No key, or one of another kind.
    #[error(transparent)]
    BadKey(#[from] BadSshKey),
}

impl AllowedSigners {
    /// Reads a file.
    ///
    /// # Errors
    /// With the first line that is not understood: a file that is understood in part would let in others than it says.
    pub fn parse(text: &str) -> Result<Self, BadAllowedSigners> {
        if text.len() > FILE_BYTES_MAX {
            return Err(BadAllowedSigners { line: 1, why: BadLine::TooLong });
        }
        let mut signers = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_matches([' ', '\t', '\r']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let failed = |why| BadAllowedSigners { line: at.saturating_add(1), why };
            if signers.len() >= SIGNERS_MAX {
                return Err(failed(BadLine::TooLong));
            }
            signers.push(Signer::parse(line).map_err(failed)?);
        }
        Ok(Self { signers })
    }

    /// Whether this key is one of this principal's, for this namespace, at this instant.
    #[must_use]
    pub fn allows(&self, principal: &str, key: &SshKey, namespace: &str, at: Timestamp) -> bool {
        self.signers.iter().any(|signer| signer.principals.contains(principal) && signer.holds(key, namespace, at))
    }

    /// Everybody whose key this is, for this namespace, at this instant.
    #[must_use]
    pub fn principals(&self, key: &SshKey, namespace: &str, at: Timestamp) -> BTreeSet<&str> {
        let holding = self.signers.iter().filter(|signer| signer.holds(key, namespace, at));
        holding.flat_map(|signer| signer.principals.iter().map(String::as_str)).collect()
    }

    /// The lines that are for a namespace.
    pub(crate) fn for_namespace(&self, namespace: &str) -> impl Iterator<Item = &Signer> {
        self.signers.iter().filter(move |signer| signer.is_for(namespace))
    }

    /// How many keys are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signers.len()
    }

    /// Whether nobody may sign.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }
}

impl Signer {
    fn parse(line: &str) -> Result<Self, BadLine> {
        let (names, rest) = field(line);
        let principals = names.split(',').map(principal).collect::<Result<BTreeSet<_>, _>>()?;
        let (first, after_first) = field(rest);
        let (options, key) = if is_kind(first) { (Options::default(), rest) } else { (Options::parse(first)?, after_first) };
        let (kind, rest) = field(key);
        let (encoded, _comment) = field(rest);
        let key: SshKey = format!("{kind} {encoded}").parse()?;
        let Options { namespaces, valid_after, valid_before } = options;
        Ok(Self { principals, key, namespaces, valid_after, valid_before })
    }

    fn is_for(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|namespaces| namespaces.contains(namespace))
    }

    fn holds(&self, key: &SshKey, namespace: &str, at: Timestamp) -> bool {
        self.key == *key
            && self.is_for(namespace)
            && self.valid_after.is_none_or(|after| at >= after)
            && self.valid_before.is_none_or(|before| at < before)
    }
}

#[derive(Default)]
struct Options {
    namespaces: Option<BTreeSet<String>>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
}

impl Options {
    fn parse(text: &str) -> Result<Self, BadLine> {
        let mut options = Self::default();
        let mut rest = text;
        loop {
            let (name, value) = rest.split_once("=\"").ok_or(BadLine::BadOption)?;
            let (value, behind) = value.split_once('"').ok_or(BadLine::BadOption)?;
            let known = match name.to_ascii_lowercase().as_str() {
                "namespaces" => options.namespaces.replace(namespaces(value)?).is_some(),
                "valid-after" => options.valid_after.replace(instant(value)?).is_some(),
                "valid-before" => options.valid_before.replace(instant(value)?).is_some(),
                _ => return Err(BadLine::BadOption),
            };
            if known {
                return Err(BadLine::BadOption);
            }
            match behind.strip_prefix(',') {
                Some(more) => rest = more,
                None if behind.is_empty() => return Ok(options),
                None => return Err(BadLine::BadOption),
            }
        }
    }
}

/// The first field of a line, up to a blank outside quotes, and what follows.
fn field(line: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = line.find(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ' ' | '\t')
    });
    let (field, rest) = line.split_at(end.unwrap_or(line.len()));
    (field, rest.trim_start_matches([' ', '\t']))
}

fn is_kind(field: &str) -> bool {
    !field.contains('=') && ["ssh-", "sk-", "ecdsa-"].iter().any(|prefix| field.starts_with(prefix))
}

fn principal(name: &str) -> Result<String, BadLine> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '*' | '?' | '!' | '"' | ',' | '\\');
    if (1..=PRINCIPAL_BYTES_MAX).contains(&name.len()) && name.chars().all(plain) {
        Ok(name.to_owned())
    } else {
        Err(BadLine::BadPrincipal)
    }
}

fn namespaces(value: &str) -> Result<BTreeSet<String>, BadLine> {
    value.split(',').map(|name| principal(name).map_err(|_| BadLine::BadOption)).collect()
}

/// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn instant(value: &str) -> Result<Timestamp, BadLine> {
    let digits = value.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).ok_or(BadLine::BadInstant)?;
    let padded = match digits.len() {
        8 => format!("{digits}000000"),
        12 => format!("{digits}00"),
        14 => digits.to_owned(),
        _ => return Err(BadLine::BadInstant),
    };
    let part = |from: usize, to: usize| padded.get(from..to).unwrap_or_default();
    let text = format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14));
    text.parse().map_err(|_| BadLine::BadInstant)
}
