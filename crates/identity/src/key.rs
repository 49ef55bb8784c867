//! Keys of machines, observers and executors.
//!
//! A key is `ask_<tenant>_<key>_<secret>_<checksum>`: 32 hexadecimal digits, 32 more, 43 characters of base64url, 8 hexadecimal digits.
//! Scanners of repositories can spot it, and a mistyped one is told from a wrong one without looking anything up. The ids in it are no
//! secret and say where to look; the secret decides.

use std::fmt;

use assent_api::accounts::Grant;
use assent_base::id::{ClusterId, KeyId, TenantId};
use assent_base::{Secret, Timestamp};
use serde::{Deserialize, Serialize};

use crate::opaque::{Opaque, SECRET_CHARS, SecretHash};
use crate::random::{self, NoRandomness};
use crate::time::later;

/// What a key's text starts with.
pub const KEY_PREFIX: &str = "ask_";
/// Bytes of a key's text: always as many.
pub const KEY_CHARS: usize = KEY_PREFIX.len() + ID_CHARS + 1 + ID_CHARS + 1 + SECRET_CHARS + 1 + CHECKSUM_CHARS;
const ID_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 8;
const HASH_PURPOSE: &[u8] = b"assent key 1";

/// A key as it was presented: well-formed, and not yet known to be right.
#[derive(Clone)]
pub struct Presented {
    /// The tenant that it says it is of.
    pub tenant: TenantId,
    /// The key that it says it is.
    pub key: KeyId,
    secret: Opaque,
}

/// Text that is no key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It looks like something else.
    #[error("not a key")]
    NotAKey,
    /// It looks like a key, and a character is wrong.
    #[error("a mistyped key")]
    Mistyped,
}

/// Who holds a key, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Holder {
    /// A machine that calls the API with these rights.
    Machine {
        /// What it may do.
        grants: Vec<Grant>,
    },
    /// The observer of a cluster, which can exchange it for tokens and do nothing else with it.
    Observer {
        /// The cluster.
        cluster: ClusterId,
    },
    /// The executor of a cluster, which can exchange it for tokens and do nothing else with it.
    Executor {
        /// The cluster.
        cluster: ClusterId,
    },
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// The tenant.
    pub tenant: TenantId,
    /// The key.
    pub id: KeyId,
    /// Who holds it.
    pub holder: Holder,
    /// What is kept of its secret.
    pub hash: SecretHash,
    /// Counts secrets: a token that was issued for an earlier one holds no more.
    pub generation: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// Why a key does not hold. Whoever presents it is told none of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The secret is not this key's, or is not its any more.
    #[error("a wrong secret")]
    Wrong,
    /// It was revoked.
    #[error("a revoked key")]
    Revoked,
    /// Its time is over.
    #[error("an expired key")]
    Expired,
}

impl KeyRecord {
    /// A new key and its text, which is shown once.
    pub fn draw(tenant: TenantId, holder: Holder, now: Timestamp, holds_s: Option<u64>) -> Result<(Self, Secret), NoRandomness> {
        let id = KeyId::new(now, random::bytes()?);
        let presented = Presented { tenant, key: id, secret: Opaque::draw()? };
        let record = Self {
            tenant,
            id,
            holder,
            hash: presented.hash(),
            generation: 1,
            created_at: now,
            expires_at: holds_s.map(|holds_s| later(now, holds_s)),
            revoked_at: None,
        };
        Ok((record, presented.text()))
    }

    /// The same key with another secret. The old one, and every token issued for it, hold no more. A revoked key stays revoked.
    pub fn rotated(self) -> Result<(Self, Secret), NoRandomness> {
        let presented = Presented { tenant: self.tenant, key: self.id, secret: Opaque::draw()? };
        let record = Self { hash: presented.hash(), generation: self.generation.saturating_add(1), ..self };
        Ok((record, presented.text()))
    }

    /// The same key, revoked, and with it every token issued for it; the first time counts.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), generation: self.generation.saturating_add(1), ..self }
    }

    /// Whether what was presented is this key, and holds now.
    pub fn check(&self, presented: &Presented, now: Timestamp) -> Result<(), KeyRefused> {
        let ours = presented.tenant == self.tenant && presented.key == self.id;
        if !self.hash.is(&presented.hash()) || !ours {
            return Err(KeyRefused::Wrong);
        }
        self.holds(now)
    }

    /// Whether it holds now, whatever its secret.
    pub fn holds(&self, now: Timestamp) -> Result<(), KeyRefused> {
        if self.revoked_at.is_some() {
            return Err(KeyRefused::Revoked);
        }
        match self.expires_at {
            Some(expires_at) if now >= expires_at => Err(KeyRefused::Expired),
            Some(_) | None => Ok(()),
        }
    }
}

impl Presented {
    /// Reads a key. There is one way to write each.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        if text.len() != KEY_CHARS || !text.is_ascii() {
            return Err(BadKey::NotAKey);
        }
        // Base64url has `_` too, so the parts are told by their places.
        let rest = text.strip_prefix(KEY_PREFIX).ok_or(BadKey::NotAKey)?;
        let (tenant, rest) = part(rest, ID_CHARS)?;
        let (key, rest) = part(rest, ID_CHARS)?;
        let (secret, checksum) = part(rest, SECRET_CHARS)?;
        let body = text.get(..KEY_CHARS - CHECKSUM_CHARS - 1).ok_or(BadKey::NotAKey)?;
        if checksum != format!("{:08x}", crc32(body.as_bytes())) {
            return Err(BadKey::Mistyped);
        }
        Ok(Self {
            tenant: format!("{}_{tenant}", TenantId::PREFIX).parse().map_err(|_| BadKey::Mistyped)?,
            key: format!("{}_{key}", KeyId::PREFIX).parse().map_err(|_| BadKey::Mistyped)?,
            secret: Opaque::parse(secret).ok_or(BadKey::Mistyped)?,
        })
    }

    fn text(&self) -> Secret {
        let bare = |id: String, prefix: &str| id.trim_start_matches(prefix).trim_start_matches('_').to_owned();
        let tenant = bare(self.tenant.to_string(), TenantId::PREFIX);
        let key = bare(self.key.to_string(), KeyId::PREFIX);
        let body = zeroize::Zeroizing::new(format!("{KEY_PREFIX}{tenant}_{key}_{}", self.secret.text().expose()));
        Secret::new(format!("{}_{:08x}", body.as_str(), crc32(body.as_bytes())))
    }

    fn hash(&self) -> SecretHash {
        self.secret.hash_for(&[HASH_PURPOSE, self.tenant.as_bytes(), self.key.as_bytes()])
    }
}

fn part(text: &str, chars: usize) -> Result<(&str, &str), BadKey> {
    let (part, rest) = text.split_at_checked(chars).ok_or(BadKey::NotAKey)?;
    Ok((part, rest.strip_prefix('_').ok_or(BadKey::NotAKey)?))
}

/// The checksum of zip and PNG, bit by bit: a hundred bytes now and then need no table.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

impl fmt::Debug for Presented {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {}, [redacted]", self.key, self.tenant)
    }
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_key_reads_back_and_is_recognized() {
        let (record, text) = draw();
        assert_eq!(text.expose().len(), KEY_CHARS);
        let presented = Presented::parse(text.expose()).unwrap();
        assert_eq!((presented.tenant, presented.key), (record.tenant, record.id));
        assert_eq!(record.check(&presented, START), Ok(()));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let (_, text) = draw();
        for at in 0..KEY_CHARS {
            let mut bytes = text.expose().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            let wrong = String::from_utf8(bytes).unwrap();
            assert!(Presented::parse(&wrong).is_err(), "at {at}");
        }
        for wrong in ["", "ask_", &text.expose().to_uppercase(), &format!("{} ", text.expose()), &text.expose()[1..]] {
            assert!(Presented::parse(wrong).is_err());
        }
        assert_eq!(Presented::parse(&"é".repeat(KEY_CHARS / 2)).unwrap_err(), BadKey::NotAKey);
    }

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_key_of_another_tenant_or_id_is_wrong_even_with_the_same_secret() {
        let (record, text) = draw();
        let presented = Presented::parse(text.expose()).unwrap();
        let other_tenant = Presented { tenant: TenantId::new(START, [9; RANDOM_BYTES]), ..presented.clone() };
        let other_key = Presented { key: KeyId::new(START, [9; RANDOM_BYTES]), ..presented };
        assert_eq!(record.check(&other_tenant, START), Err(KeyRefused::Wrong));
        assert_eq!(record.check(&other_key, START), Err(KeyRefused::Wrong));
    }

    #[test]
    fn a_rotated_key_forgets_its_secret_and_a_revoked_one_stays_revoked() {
        let (record, text) = draw();
        let old = Presented::parse(text.expose()).unwrap();
        let (rotated, text) = record.rotated().unwrap();
        let new = Presented::parse(text.expose()).unwrap();
        assert_eq!((rotated.check(&old, START), rotated.check(&new, START)), (Err(KeyRefused::Wrong), Ok(())));
        let revoked = rotated.revoked(START);
        assert_eq!(revoked.check(&new, START), Err(KeyRefused::Revoked));
        let (again, text) = revoked.rotated().unwrap();
        assert_eq!(again.check(&Presented::parse(text.expose()).unwrap(), START), Err(KeyRefused::Revoked));
        assert_eq!(again.generation, 4);
    }

    #[test]
    fn a_key_ends_when_it_should() {
        let (record, text) = KeyRecord::draw(TenantId::new(START, [1; RANDOM_BYTES]), machine(), START, Some(60)).unwrap();
        let presented = Presented::parse(text.expose()).unwrap();
        assert_eq!(record.check(&presented, later(START, 59)), Ok(()));
        assert_eq!(record.check(&presented, later(START, 60)), Err(KeyRefused::Expired));
    }

    #[test]
    fn a_kept_key_holds_no_secret() {
        let (record, text) = draw();
        let kept = serde_json::to_string(&record).unwrap();
        assert!(!kept.contains(&text.expose()[KEY_CHARS - 52..KEY_CHARS - 9]));
        assert_eq!(serde_json::from_str::<KeyRecord>(&kept).unwrap(), record);
        assert!(!format!("{:?}", Presented::parse(text.expose()).unwrap()).contains(&text.expose()[70..100]));
    }

    fn draw() -> (KeyRecord, Secret) {
        KeyRecord::draw(TenantId::new(START, [1; RANDOM_BYTES]), machine(), START, None).unwrap()
    }

    fn machine() -> Holder {
        Holder::Machine { grants: Vec::new() }
    }
}
