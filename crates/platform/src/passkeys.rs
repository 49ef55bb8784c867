//! Passkeys of one's own: made, listed, removed.
//!
//! A passkey signs in, and signs what its owner assents to. For people whom an identity provider vouches for it is only the second: else
//! whoever is shut out there would still come in here.

use assent_api::operations::{AddPasskey, BeginPasskey, ListPasskeys, RemovePasskey};
use assent_api::passkeys::{Passkey, PasskeyChallenge};
use assent_api::{Code, Empty, Problem};
use assent_approval::base64url;
use assent_approval::webauthn::{ATTESTATION_BYTES_MAX, CLIENT_DATA_BYTES_MAX, RelyingParty, register};
use assent_base::id::{AccountId, PasskeyId, TenantId};
use assent_http::{Handle, Input, Reply};
use assent_ledger::Outcome;
use assent_store::{Expect, Kept, Tenant};
use serde_json::{Value, json};

use crate::caller::{Caller, Person};
use crate::challenges::{Ceremony, Challenge, TIMEOUT_MS, party};
use crate::documents::{AccountDoc, PasskeyRecord};
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::sessions::with_session;

/// Passkeys of one account at most.
pub(crate) const PASSKEYS_MAX: usize = 20;
/// What authenticators show of us.
const PARTY_NAME: &str = "Assent";

/// What an authenticator answered that made a passkey, as it was sent.
pub(crate) struct Answered<'a> {
    pub(crate) client_data: &'a str,
    pub(crate) attestation: &'a str,
    /// What to call it, and where that stands in the body.
    pub(crate) name: (&'static str, &'a str),
}

impl PasskeyRecord {
    fn shown(&self) -> Passkey {
        Passkey {
            id: self.id,
            name: self.name.clone(),
            created_at: self.created_at,
            used_at: self.used_at,
            backed_up: self.credential.backed_up,
        }
    }

    /// What goes on the ledger about a passkey: all of it is public.
    pub(crate) fn recorded(&self) -> Value {
        json!({ "passkey": self.id, "name": self.name, "domain": self.party, "credential": self.credential.id, "key": self.credential.key })
    }
}

impl AccountDoc {
    /// By what authenticators know an account: its ids, which say nothing of a person.
    pub(crate) fn user_handle(&self, tenant: TenantId) -> Vec<u8> {
        [tenant.as_bytes().as_slice(), self.id.as_bytes()].concat()
    }

    /// Whether there is anything to sign in with.
    pub(crate) fn has_a_way_in(&self) -> bool {
        self.password.is_some() || self.subject.is_some() || !self.passkeys.is_empty()
    }

    /// With one passkey more.
    pub(crate) fn with_passkey(mut self, passkey: PasskeyRecord) -> Result<Self, Problem> {
        if self.passkeys.len() >= PASSKEYS_MAX {
            return Err(Problem::new(Code::Conflict, format!("an account has at most {PASSKEYS_MAX} passkeys: remove one first")));
        }
        if self.passkeys.iter().any(|known| known.credential.id == passkey.credential.id) {
            return Err(Problem::new(Code::Conflict, "the account has this passkey already"));
        }
        self.passkeys.push(passkey);
        Ok(self)
    }
}

/// Tenant and account of a user handle.
pub(crate) fn read_user_handle(handle: &[u8]) -> Option<(TenantId, AccountId)> {
    let (tenant, account) = handle.split_first_chunk::<16>()?;
    let account = <[u8; 16]>::try_from(account).ok()?;
    let text = |prefix: &str, bytes: &[u8; 16]| format!("{prefix}_{}", hex::encode(bytes));
    Some((text(TenantId::PREFIX, tenant).parse().ok()?, text(AccountId::PREFIX, &account).parse().ok()?))
}

/// What to ask an authenticator for.
pub(crate) fn asked(party: &RelyingParty, tenant: TenantId, account: &AccountDoc, challenge: Challenge) -> PasskeyChallenge {
    PasskeyChallenge {
        challenge: challenge.text,
        rp_id: party.id().to_owned(),
        rp_name: PARTY_NAME.to_owned(),
        user_id: base64url::text(&account.user_handle(tenant)),
        user_name: if account.email.is_empty() { account.name.clone() } else { account.email.clone() },
        user_display_name: account.name.clone(),
        exclude: account.passkeys.iter().map(|passkey| passkey.credential.id.text()).collect(),
        timeout_ms: TIMEOUT_MS,
        ticket: challenge.ticket,
    }
}

impl ControlPlane {
    /// The passkey that an authenticator made, checked.
    pub(crate) fn made(&self, party: &RelyingParty, challenge: &[u8], answered: &Answered<'_>) -> Result<PasskeyRecord, Problem> {
        let (pointer, name) = answered.name;
        let name = names::title(pointer, name)?;
        let bytes = |pointer: &str, text: &str, bytes_max: usize| {
            base64url::bytes(text, bytes_max).ok_or_else(|| Problem::invalid(pointer, "base64url without padding, as the browser gave it"))
        };
        let client_data = bytes("/client_data", answered.client_data, CLIENT_DATA_BYTES_MAX)?;
        let attestation = bytes("/attestation", answered.attestation, ATTESTATION_BYTES_MAX)?;
        let registered = register(party, challenge, &client_data, &attestation)
            .map_err(|refused| Problem::invalid("/attestation", refused.to_string()))?;
        Ok(PasskeyRecord {
            id: self.new_id(PasskeyId::new),
            name,
            party: party.id().to_owned(),
            credential: registered.into_credential(),
            created_at: self.now(),
            used_at: None,
        })
    }

    async fn own_account(&self, person: &Person) -> Result<(Tenant, Kept<AccountDoc>), Problem> {
        let tenant = self.tenant(person.who.tenant).await?;
        let kept = tenant.get::<AccountDoc>(&person.account.to_string()).await.map_err(Problem::from_store)?;
        Ok((tenant, kept.ok_or_else(Problem::not_found)?))
    }

    /// Records what a person does to their own account, and does it. Everybody may, so policy is not asked.
    async fn change_own(
        &self,
        tenant: &Tenant,
        kept: &Kept<AccountDoc>,
        doc: &AccountDoc,
        action: &str,
        passkey: &PasskeyRecord,
    ) -> Result<(), Problem> {
        let (actor, subject) = (format!("account:{}", doc.id), passkey.id.to_string());
        let record = |outcome, details| self.record(tenant, &actor, action, &subject, outcome, details);
        record(Outcome::Intended, passkey.recorded()).await?;
        match tenant.put(&kept.id, doc, Expect::Version(kept.version), self.now()).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let problem = Problem::from_store(error);
                record(Outcome::Failed, json!({ "problem": problem.code })).await?;
                Err(problem)
            }
        }
    }
}

impl Handle<ListPasskeys> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListPasskeys>) -> Result<Reply<ListPasskeys>, Problem> {
        let (person, _) = with_session(&caller)?;
        let (_, kept) = self.own_account(person).await?;
        Ok(Reply::new(Pages::of_list(kept.doc.passkeys.iter().map(PasskeyRecord::shown).collect(), &input.query)?))
    }
}

impl Handle<BeginPasskey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<BeginPasskey>) -> Result<Reply<BeginPasskey>, Problem> {
        let (person, session) = with_session(&caller)?;
        let party = party(&input.meta)?;
        let (tenant, kept) = self.own_account(person).await?;
        let challenge = self.challenge(Ceremony::Add { tenant: tenant.id(), account: kept.doc.id, session }).await?;
        Ok(Reply::new(asked(&party, tenant.id(), &kept.doc, challenge)))
    }
}

impl Handle<AddPasskey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AddPasskey>) -> Result<Reply<AddPasskey>, Problem> {
        let (person, session) = with_session(&caller)?;
        let party = party(&input.meta)?;
        let (tenant, kept) = self.own_account(person).await?;
        let ceremony = Ceremony::Add { tenant: tenant.id(), account: kept.doc.id, session };
        let body = &input.body;
        let challenge = self.take_challenge(ceremony, &body.ticket).await?.ok_or_else(bad_ticket)?;
        let answered = Answered { client_data: &body.client_data, attestation: &body.attestation, name: ("/name", &body.name) };
        let made = match self.made(&party, &challenge, &answered) {
            Ok(made) => made,
            Err(problem) => {
                let details = json!({ "reason": problem.to_string(), "remote": input.meta.remote });
                self.record(&tenant, &format!("account:{}", kept.doc.id), "passkey.add", "unknown", Outcome::Refused, details).await?;
                return Err(problem);
            }
        };
        let doc = kept.doc.clone().with_passkey(made.clone())?;
        self.change_own(&tenant, &kept, &doc, "passkey.add", &made).await?;
        Ok(Reply::new(made.shown()))
    }
}

impl Handle<RemovePasskey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RemovePasskey>) -> Result<Reply<RemovePasskey>, Problem> {
        let (person, _) = with_session(&caller)?;
        let (tenant, kept) = self.own_account(person).await?;
        let mut doc = kept.doc.clone();
        let at = doc.passkeys.iter().position(|passkey| passkey.id == input.path.passkey).ok_or_else(Problem::not_found)?;
        let removed = doc.passkeys.remove(at);
        if !doc.has_a_way_in() {
            return Err(Problem::new(Code::Conflict, "this is your only way in: add another passkey first"));
        }
        self.change_own(&tenant, &kept, &doc, "passkey.remove", &removed).await?;
        Ok(Reply::new(Empty {}))
    }
}

/// Told of any ticket that does not hold.
pub(crate) fn bad_ticket() -> Problem {
    Problem::invalid("/ticket", "a ticket of this ceremony, not used and not older than five minutes: begin again")
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;
    use crate::fixture::now;

    #[test]
    fn a_user_handle_reads_back_and_nothing_else_reads() {
        let (tenant, account) = (TenantId::new(now(), [1; RANDOM_BYTES]), AccountId::new(now(), [2; RANDOM_BYTES]));
        let doc = AccountDoc::invited(account, String::new(), String::new(), Vec::new(), now());
        let handle = doc.user_handle(tenant);
        assert_eq!(read_user_handle(&handle), Some((tenant, account)));
        assert_eq!(read_user_handle(&handle[1..]), None);
        assert_eq!(read_user_handle(&[handle.as_slice(), &[0]].concat()), None);
        assert_eq!(read_user_handle(&[]), None);
    }
}
