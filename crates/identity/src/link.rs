//! Links whose holder may do one thing: set up the first admin, take up an invitation, see one report.
//!
//! The secret stands behind the `#` of the link. Browsers do not send that part, so it is in no access log and no `Referer`; the page
//! reads it and puts it into the body of a request.

use assent_base::Timestamp;
use assent_base::id::{AccountId, ShareId};
use serde::{Deserialize, Serialize};

use crate::opaque::{Opaque, SecretHash};
use crate::random::NoRandomness;
use crate::time::later;

/// Seconds that a link for setting up the first admin holds.
pub const SET_UP_S: u64 = 24 * 3_600;
/// Seconds that an invitation holds.
pub const INVITATION_S: u64 = 7 * 86_400;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case", deny_unknown_fields)]
pub enum Purpose {
    /// Choosing the password of the first admin. Used once.
    SetUp {
        /// Who that is.
        account: AccountId,
    },
    /// Choosing a password, as somebody who was invited. Used once.
    Invitation {
        /// Who was invited.
        account: AccountId,
    },
    /// Seeing one report. Used as often as one likes.
    Share {
        /// The share that says which.
        share: ShareId,
    },
}

/// What is kept of a link. It is found by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it is for.
    pub purpose: Purpose,
    /// What is kept of its secret.
    pub hash: SecretHash,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was first used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// Why a link opens nothing. Whoever presents it is told none of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkOver {
    /// The secret is of another link.
    #[error("not this link")]
    NotThisOne,
    /// It was used before, and can be used once.
    #[error("the link was used before")]
    Used,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
    /// Somebody revoked it.
    #[error("the link was revoked")]
    Revoked,
}

impl Link {
    /// A new link and its secret, which is shown once.
    pub fn draw(purpose: Purpose, now: Timestamp, holds_s: u64) -> Result<(Self, Opaque), NoRandomness> {
        let secret = Opaque::draw()?;
        let link = Self { purpose, hash: secret.hash(), expires_at: later(now, holds_s), used_at: None, revoked_at: None };
        Ok((link, secret))
    }

    /// Uses it. What is given back takes its place where it is kept, in the transaction that does what the link is for: only then is it
    /// used at most once.
    pub fn open(self, secret: &Opaque, now: Timestamp) -> Result<Self, LinkOver> {
        if !self.hash.is(&secret.hash()) {
            return Err(LinkOver::NotThisOne);
        }
        if self.revoked_at.is_some() {
            return Err(LinkOver::Revoked);
        }
        if now >= self.expires_at {
            return Err(LinkOver::Expired);
        }
        let once = match self.purpose {
            Purpose::SetUp { .. } | Purpose::Invitation { .. } => true,
            Purpose::Share { .. } => false,
        };
        if once && self.used_at.is_some() {
            return Err(LinkOver::Used);
        }
        Ok(Self { used_at: self.used_at.or(Some(now)), ..self })
    }

    /// Revokes it; the first time counts.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self }
    }
}

/// The link as text: a page of the console, and the secret behind `#`.
#[must_use]
pub fn address(page: &str, secret: &Opaque) -> String {
    format!("{page}#{}", secret.text().expose())
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn an_invitation_is_used_once() {
        let (link, secret) = Link::draw(invitation(), START, 60).unwrap();
        let used = link.clone().open(&secret, later(START, 59)).unwrap();
        assert_eq!(used.used_at, Some(later(START, 59)));
        assert_eq!(used.open(&secret, later(START, 59)), Err(LinkOver::Used));
        assert_eq!(link.clone().open(&secret, later(START, 60)), Err(LinkOver::Expired));
        assert_eq!(link.clone().open(&Opaque::draw().unwrap(), START), Err(LinkOver::NotThisOne));
        assert_eq!(link.revoked(START).open(&secret, START), Err(LinkOver::Revoked));
    }

    #[test]
    fn a_shared_report_opens_again_until_it_is_revoked() {
        let share = ShareId::new(START, [1; RANDOM_BYTES]);
        let (link, secret) = Link::draw(Purpose::Share { share }, START, 60).unwrap();
        let once = link.open(&secret, START).unwrap();
        let twice = once.open(&secret, later(START, 9)).unwrap();
        assert_eq!(twice.used_at, Some(START));
        assert_eq!(twice.revoked(later(START, 10)).open(&secret, later(START, 10)), Err(LinkOver::Revoked));
    }

    #[test]
    fn the_secret_stands_behind_the_hash_sign() {
        let secret = Opaque::draw().unwrap();
        let address = address("https://assent.example/set-up", &secret);
        assert_eq!(address.split_once('#').map(|(_, rest)| rest.to_owned()), Some(secret.text().expose().to_owned()));
    }

    fn invitation() -> Purpose {
        Purpose::Invitation { account: AccountId::new(START, [1; RANDOM_BYTES]) }
    }
}
