//! Signed-in browsers and terminals.
//!
//! The browser holds 256 random bits in a cookie that scripts cannot read, and we hold their hash. A new sign-in always makes a new
//! session; one that somebody planted in a browser beforehand never becomes anybody's.

use assent_base::Timestamp;
use assent_base::id::{AccountId, SessionId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::opaque::{Opaque, SecretHash, same};
use crate::random::{self, NoRandomness};
use crate::time::later;

/// Seconds between two writes of when a session was last used.
pub const SEEN_GRAIN_S: u64 = 60;
/// Characters that are kept of what a browser calls itself.
pub const USER_AGENT_CHARS_MAX: usize = 200;
const CSRF_PURPOSE: &[u8] = b"assent csrf 1";

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Without being used.
    pub idle_s: u64,
    /// At all.
    pub absolute_s: u64,
}

impl Default for Lifetime {
    /// Half a day unused, a week at all.
    fn default() -> Self {
        Self { idle_s: 12 * 3_600, absolute_s: 7 * 86_400 }
    }
}

/// What is kept of a session. It is found by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// What is kept of its secret.
    pub hash: SecretHash,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// What the browser calls itself; a hint and no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Of a command line that was allowed in a browser: what it calls its machine; a hint and no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
}

/// Why a session does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionOver {
    /// The secret is of another session.
    #[error("not this session")]
    NotThisOne,
    /// It was not used for too long.
    #[error("the session was idle for too long")]
    Idle,
    /// It has lasted as long as a session may.
    #[error("the session has expired")]
    Expired,
}

impl Session {
    /// Begins one, for somebody who has just proven who they are. The secret is for the cookie, and for nothing else.
    pub fn begin(
        account: AccountId,
        now: Timestamp,
        lifetime: &Lifetime,
        user_agent: Option<&str>,
    ) -> Result<(Self, Opaque), NoRandomness> {
        let secret = Opaque::draw()?;
        let user_agent = user_agent.map(|text| text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS_MAX).collect::<String>());
        let session = Self {
            id: SessionId::new(now, random::bytes()?),
            account,
            hash: secret.hash(),
            created_at: now,
            seen_at: now,
            expires_at: later(now, lifetime.absolute_s),
            user_agent: user_agent.filter(|text| !text.is_empty()),
            command_line: None,
        };
        Ok((session, secret))
    }

    /// Whether it holds for who presents this secret now.
    pub fn check(&self, secret: &Opaque, now: Timestamp, lifetime: &Lifetime) -> Result<(), SessionOver> {
        if !self.hash.is(&secret.hash()) {
            return Err(SessionOver::NotThisOne);
        }
        // A shorter lifetime that was configured since holds for old sessions too.
        if now >= self.expires_at || now >= later(self.created_at, lifetime.absolute_s) {
            return Err(SessionOver::Expired);
        }
        // A minute more, since `seen_at` may lag by as much.
        if now >= later(self.seen_at, lifetime.idle_s.saturating_add(SEEN_GRAIN_S)) {
            return Err(SessionOver::Idle);
        }
        Ok(())
    }

    /// The same, used now; nothing if what is kept is fresh enough.
    #[must_use]
    pub fn seen(&self, now: Timestamp) -> Option<Self> {
        (now >= later(self.seen_at, SEEN_GRAIN_S)).then(|| Self { seen_at: now, ..self.clone() })
    }
}

/// What a script of ours sends as `X-Csrf-Token`. It follows from the cookie, which scripts of others can send but not read.
#[must_use]
pub fn csrf_token(secret: &Opaque) -> String {
    URL_SAFE_NO_PAD.encode(secret.derive(CSRF_PURPOSE))
}

/// Whether this is the token of this session, in constant time.
#[must_use]
pub fn is_csrf_token(secret: &Opaque, token: &str) -> bool {
    same(csrf_token(secret).as_bytes(), token.as_bytes())
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;
    const LIFETIME: Lifetime = Lifetime { idle_s: 600, absolute_s: 3_600 };

    #[test]
    fn a_session_holds_for_its_secret_alone() {
        let (session, secret) = begin();
        assert_eq!(session.check(&secret, START, &LIFETIME), Ok(()));
        assert_eq!(session.check(&Opaque::draw().unwrap(), START, &LIFETIME), Err(SessionOver::NotThisOne));
    }

    #[test]
    fn an_unused_session_ends_and_a_used_one_ends_too() {
        let (session, secret) = begin();
        assert_eq!(session.check(&secret, later(START, 660), &LIFETIME), Err(SessionOver::Idle));
        let mut session = session;
        for minute in 1..60 {
            let now = later(START, minute * 60);
            assert_eq!(session.check(&secret, now, &LIFETIME), Ok(()));
            session = session.seen(now).unwrap();
        }
        assert_eq!(session.check(&secret, later(START, 3_600), &LIFETIME), Err(SessionOver::Expired));
    }

    #[test]
    fn a_shorter_lifetime_ends_old_sessions() {
        let (session, secret) = begin();
        let shorter = Lifetime { idle_s: 600, absolute_s: 60 };
        assert_eq!(session.check(&secret, later(START, 60), &shorter), Err(SessionOver::Expired));
    }

    #[test]
    fn use_is_written_once_a_minute() {
        let (session, _) = begin();
        assert_eq!(session.seen(later(START, 59)), None);
        assert_eq!(session.seen(later(START, 60)).map(|session| session.seen_at), Some(later(START, 60)));
    }

    #[test]
    fn each_sign_in_has_a_secret_and_a_csrf_token_of_its_own() {
        let ((one, a), (other, b)) = (begin(), begin());
        assert_ne!((one.id, one.hash), (other.id, other.hash));
        assert!(is_csrf_token(&a, &csrf_token(&a)));
        assert!(!is_csrf_token(&a, &csrf_token(&b)));
        assert!(!is_csrf_token(&a, ""));
        assert_ne!(csrf_token(&a), a.text().expose(), "the token does not give the cookie away");
    }

    #[test]
    fn a_kept_session_holds_no_secret() {
        let (session, secret) = begin();
        let kept = serde_json::to_string(&session).unwrap();
        assert!(!kept.contains(secret.text().expose()));
        assert_eq!(serde_json::from_str::<Session>(&kept).unwrap(), session);
        assert_eq!(session.user_agent.as_deref(), Some("Firefox"));
    }

    fn begin() -> (Session, Opaque) {
        Session::begin(AccountId::new(START, [1; RANDOM_BYTES]), START, &LIFETIME, Some("Fire\nfox")).unwrap()
    }
}
