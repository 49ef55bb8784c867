//! Challenges for authenticators, and the tickets that bring them back.
//!
//! A page may ask for a challenge whenever it is opened, so nothing is kept of one: the ticket holds it, sealed, with what it is for as the
//! seal's context. A ticket that comes back is written down as used before anything else is looked at. So it holds once, for five minutes,
//! for one ceremony of one account.

use assent_api::Problem;
use assent_approval::base64url;
use assent_approval::webauthn::RelyingParty;
use assent_base::id::{AccountId, SessionId, TenantId};
use assent_base::{Digest, Timestamp};
use assent_http::RequestMeta;
use assent_identity::opaque::SecretHash;
use assent_store::{Expect, StoreError};
use serde::{Deserialize, Serialize};

use crate::documents::{BY_TIME, SpentTicketDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Seconds that a ticket holds.
pub(crate) const TICKET_S: i64 = 300;
/// Milliseconds that an authenticator may take: less than the ticket holds.
pub(crate) const TIMEOUT_MS: u32 = 240_000;
/// Bytes of a challenge.
const CHALLENGE_BYTES: usize = 32;
/// Bytes of a ticket at most: a challenge, an instant and a seal.
const TICKET_BYTES_MAX: usize = 512;
/// What the seal is for.
const PURPOSE: &str = "passkey.ticket";

/// What a challenge is for. A ticket of one holds for no other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ceremony {
    /// Adding a passkey to one's account, in this session.
    Add { tenant: TenantId, account: AccountId, session: SessionId },
    /// Using a one-time link.
    SetUp { tenant: TenantId, account: AccountId, link: SecretHash },
    /// Signing in as whoever it turns out to be.
    SignIn,
    /// Letting a command line in, in this session, as it asked.
    CommandLine { tenant: TenantId, account: AccountId, session: SessionId, asked: Digest },
}

impl Ceremony {
    fn context(&self) -> Digest {
        match self {
            Ceremony::Add { tenant, account, session } => {
                Digest::of_parts(&[b"add", tenant.as_bytes(), account.as_bytes(), session.as_bytes()])
            }
            Ceremony::SetUp { tenant, account, link } => {
                Digest::of_parts(&[b"set up", tenant.as_bytes(), account.as_bytes(), link.digest().as_bytes()])
            }
            Ceremony::SignIn => Digest::of_parts(&[b"sign in"]),
            Ceremony::CommandLine { tenant, account, session, asked } => {
                Digest::of_parts(&[b"command line", tenant.as_bytes(), account.as_bytes(), session.as_bytes(), asked.as_bytes()])
            }
        }
    }
}

/// A challenge and its ticket.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) text: String,
    pub(crate) ticket: String,
}

/// What a ticket holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    #[serde(with = "assent_approval::base64url")]
    challenge: Vec<u8>,
    until: Timestamp,
}

impl ControlPlane {
    /// A new challenge.
    pub(crate) async fn challenge(&self, ceremony: Ceremony) -> Result<Challenge, Problem> {
        let challenge = self.random::<CHALLENGE_BYTES>().to_vec();
        let until = assent_base::time::earlier(self.now(), -TICKET_S).unwrap_or(Timestamp::MIN);
        let text = base64url::text(&challenge);
        let plain = serde_json::to_vec(&Sealed { challenge, until }).map_err(|_| no_ticket())?;
        let sealed = self.system().await?.seal(PURPOSE, ceremony.context().as_bytes(), &plain).map_err(Problem::from_store)?;
        Ok(Challenge { text, ticket: base64url::text(&sealed) })
    }

    /// The challenge of a ticket, which is used up by this; none if the ticket does not hold.
    pub(crate) async fn take_challenge(&self, ceremony: Ceremony, ticket: &str) -> Result<Option<Vec<u8>>, Problem> {
        let (system, now) = (self.system().await?, self.now());
        let Some(sealed) = base64url::bytes(ticket, TICKET_BYTES_MAX) else { return Ok(None) };
        let plain = match system.open(PURPOSE, ceremony.context().as_bytes(), &sealed) {
            Ok(plain) => plain,
            Err(StoreError::Corrupt { .. }) => return Ok(None),
            Err(error) => return Err(Problem::from_store(error)),
        };
        let Ok(Sealed { challenge, until }) = serde_json::from_slice(&plain) else { return Ok(None) };
        if now >= until {
            return Ok(None);
        }
        system.prune::<SpentTicketDoc>(BY_TIME, now, now).await.map_err(Problem::from_store)?;
        let id = Digest::of(&challenge).to_string();
        match system.put(&id, &SpentTicketDoc { until }, Expect::Absent, now).await {
            Ok(_) => Ok(Some(challenge)),
            Err(StoreError::Conflict { .. } | StoreError::Stale { .. }) => Ok(None),
            Err(error) => Err(Problem::from_store(error)),
        }
    }
}

/// For whom authenticators sign at the address that the caller came to.
pub(crate) fn party(meta: &RequestMeta) -> Result<RelyingParty, Problem> {
    RelyingParty::of_origin(&meta.base_url).map_err(|bad| {
        let code = assent_api::Code::Conflict;
        Problem::new(code, format!("there are no passkeys at this address: {bad}; use a name with TLS, or `localhost`"))
    })
}

fn no_ticket() -> Problem {
    Problem::new(assent_api::Code::Internal, "no ticket could be made")
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;
    use crate::fixture::{Fixture, now};

    #[tokio::test]
    async fn a_ticket_holds_once_and_for_its_ceremony() {
        let house = Fixture::open().await;
        let (tenant, account) = (TenantId::new(now(), [1; RANDOM_BYTES]), AccountId::new(now(), [2; RANDOM_BYTES]));
        let add = |session: u8| Ceremony::Add { tenant, account, session: SessionId::new(now(), [session; RANDOM_BYTES]) };
        let made = house.plane.challenge(add(1)).await.expect("a challenge");
        let take = async |ceremony, ticket: &str| house.plane.take_challenge(ceremony, ticket).await.expect("an answer");
        assert_eq!(take(add(2), &made.ticket).await, None, "another session's");
        assert_eq!(take(Ceremony::SignIn, &made.ticket).await, None, "another ceremony's");
        let taken = take(add(1), &made.ticket).await.expect("it holds");
        assert_eq!(base64url::text(&taken), made.text);
        assert_eq!(take(add(1), &made.ticket).await, None, "once");
        for bad in ["", "AAAA", &"A".repeat(2_000), "no ticket"] {
            assert_eq!(take(Ceremony::SignIn, bad).await, None, "{bad}");
        }
    }
}
