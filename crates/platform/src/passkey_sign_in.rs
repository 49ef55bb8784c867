//! Signing in with a passkey, and using a one-time link with one.
//!
//! Nobody types who they are: the authenticator says which account its passkey is for, and proves it. Whatever is wrong, the answer is one;
//! the ledger knows more.

use assent_api::operations::{BeginPasskeySetUp, BeginPasskeySignIn, PasskeySetUp, PasskeySignIn};
use assent_api::passkeys::{PasskeySignIn as Shown, SignInChallenge};
use assent_api::{Code, Problem};
use assent_approval::base64url;
use assent_approval::webauthn::{
    AUTHENTICATOR_DATA_BYTES_MAX, Asserted, Assertion, CLIENT_DATA_BYTES_MAX, Credential, CredentialId, RelyingParty, SIGNATURE_BYTES_MAX,
};
use assent_base::Timestamp;
use assent_http::{Handle, Input, Reply};

use crate::attempts::Attempt;
use crate::caller::Caller;
use crate::challenges::{Ceremony, TIMEOUT_MS, party};
use crate::documents::AccountDoc;
use crate::passkeys::{Answered, asked, bad_ticket, read_user_handle};
use crate::plane::ControlPlane;
use crate::sessions::Way;
use crate::sign_in::TakingUp;

/// Bytes of a user handle at most: section 5.4.3 of the standard.
const USER_HANDLE_BYTES_MAX: usize = 64;

impl Handle<BeginPasskeySignIn> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<BeginPasskeySignIn>) -> Result<Reply<BeginPasskeySignIn>, Problem> {
        let party = party(&input.meta)?;
        let challenge = self.challenge(Ceremony::SignIn).await?;
        let rp_id = party.id().to_owned();
        Ok(Reply::new(SignInChallenge { challenge: challenge.text, rp_id, timeout_ms: TIMEOUT_MS, ticket: challenge.ticket }))
    }
}

impl Handle<PasskeySignIn> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<PasskeySignIn>) -> Result<Reply<PasskeySignIn>, Problem> {
        let party = party(&input.meta)?;
        let handle = base64url::bytes(&input.body.user_handle, USER_HANDLE_BYTES_MAX).unwrap_or_default();
        let attempt = Attempt::make(self, &format!("passkey {}", base64url::text(&handle)), input.meta.remote).await?;
        let found = match read_user_handle(&handle) {
            Some((tenant, account)) => self.account(tenant, account).await?,
            None => None,
        };
        let challenge = self.take_challenge(Ceremony::SignIn, &input.body.ticket).await?;
        let proof = match &found {
            Some((_, kept)) => proof(&party, challenge.as_deref(), &kept.doc, &input.body, self.now()),
            None => Err("no such account".to_owned()),
        };
        let (proof, tenant, kept) = match (proof, found) {
            (Ok(proof), Some((tenant, kept))) => (proof, tenant, kept),
            (proof, found) => {
                let reason = proof.err().unwrap_or_default();
                self.refuse_sign_in(found, &reason, attempt, &input.meta).await?;
                return Err(unproven());
            }
        };
        let begun = self.sign_in(&tenant, kept.clone(), &input.meta, Way::browser("passkey"), |doc| proof.on(doc)).await?;
        attempt.succeeded(self.now()).await?;
        let signed_in = self.signed_in(&tenant, &kept.doc, &begun).await?;
        Ok(Reply::new(signed_in).cookie(begun.cookie))
    }
}

impl Handle<BeginPasskeySetUp> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<BeginPasskeySetUp>) -> Result<Reply<BeginPasskeySetUp>, Problem> {
        let party = party(&input.meta)?;
        let taking = self.taking_up(&input.body.token, &input.body.email, &input.body.name).await?;
        let challenge = self.challenge(ceremony_of(&taking)).await?;
        Ok(Reply::new(asked(&party, taking.tenant.id(), &taking.doc, challenge)))
    }
}

impl Handle<PasskeySetUp> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<PasskeySetUp>) -> Result<Reply<PasskeySetUp>, Problem> {
        let party = party(&input.meta)?;
        let body = &input.body;
        let mut taking = self.taking_up(&body.token, &body.email, &body.name).await?;
        let challenge = self.take_challenge(ceremony_of(&taking), &body.ticket).await?.ok_or_else(bad_ticket)?;
        let answered =
            Answered { client_data: &body.client_data, attestation: &body.attestation, name: ("/passkey_name", &body.passkey_name) };
        let made = self.made(&party, &challenge, &answered)?;
        let details = made.recorded();
        taking.doc = taking.doc.with_passkey(made)?;
        let (signed_in, cookie) = self.take_up(taking, &input.meta, details).await?;
        Ok(Reply::new(signed_in).cookie(cookie))
    }
}

fn ceremony_of(taking: &TakingUp) -> Ceremony {
    Ceremony::SetUp { tenant: taking.tenant.id(), account: taking.doc.id, link: taking.link.hash }
}

/// That somebody holds a passkey of an account.
struct Proof {
    asserted: Asserted,
    at: Timestamp,
}

impl Proof {
    /// The account after its passkey signed. It may have changed since: the passkey removed, the counter gone on.
    fn on(&self, mut doc: AccountDoc) -> Result<AccountDoc, Problem> {
        let used = doc.passkeys.iter_mut().find(|passkey| passkey.credential.id == *self.asserted.credential()).ok_or_else(unproven)?;
        used.credential = used.credential.after(&self.asserted).map_err(|_| unproven())?;
        used.used_at = Some(self.at);
        Ok(doc)
    }
}

/// Checks what an authenticator answered; what is wrong with it is for the ledger alone.
fn proof(party: &RelyingParty, challenge: Option<&[u8]>, doc: &AccountDoc, shown: &Shown, at: Timestamp) -> Result<Proof, String> {
    if doc.disabled {
        return Err("the account is disabled".to_owned());
    }
    if doc.subject.is_some() {
        return Err("the account signs in with its identity provider".to_owned());
    }
    let challenge = challenge.ok_or("the ticket does not hold")?;
    let credential = credential_of(doc, &shown.credential_id).ok_or("the account has no such passkey")?;
    let assertion = read(shown).ok_or("the answer of the authenticator cannot be read")?;
    let asserted = credential.check(party, challenge, &assertion).map_err(|refused| refused.to_string())?;
    credential.after(&asserted).map_err(|refused| refused.to_string())?;
    Ok(Proof { asserted, at })
}

fn credential_of<'a>(doc: &'a AccountDoc, id: &str) -> Option<&'a Credential> {
    let id = CredentialId::parse(id)?;
    doc.passkeys.iter().map(|passkey| &passkey.credential).find(|credential| credential.id == id)
}

fn read(shown: &Shown) -> Option<Assertion> {
    Some(Assertion {
        client_data: base64url::bytes(&shown.client_data, CLIENT_DATA_BYTES_MAX)?,
        authenticator_data: base64url::bytes(&shown.authenticator_data, AUTHENTICATOR_DATA_BYTES_MAX)?,
        signature: base64url::bytes(&shown.signature, SIGNATURE_BYTES_MAX)?,
    })
}

/// Told of any passkey that does not sign in, whatever is wrong.
fn unproven() -> Problem {
    Problem::new(Code::NotSignedIn, "this passkey does not sign in here: begin again, or sign in another way")
}
