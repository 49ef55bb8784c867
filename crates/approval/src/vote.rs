//! A vote: a word, and the signature that makes it somebody's.

use assent_base::Timestamp;
use assent_base::id::AccountId;
use serde::{Deserialize, Serialize};

use crate::ballot::{Ballot, NAMESPACE, REASON_BYTES_MAX, ROUNDS_MAX, Word};
use crate::key::PublicKey;
use crate::keyring::Keyring;
use crate::sshsig::{SshRefused, SshSignature};
use crate::statement::{Assurance, Statement};
use crate::webauthn::{Asserted, Assertion, CredentialId, Refused};

/// The signature under a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// A passkey signed the ballot's digest.
    Passkey {
        /// Which.
        credential: CredentialId,
        /// What its authenticator answered.
        assertion: Assertion,
    },
    /// An SSH key signed the ballot's text.
    Ssh {
        /// What stands in the frame that `ssh-keygen -Y sign` writes: see [`crate::sshsig::unframed`].
        #[serde(with = "crate::base64url")]
        signature: Vec<u8>,
    },
}

/// A word, and the signature that makes it somebody's. Nothing about it is proven until [`Vote::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Whose.
    pub voter: AccountId,
    /// Counts their words on this statement, from 1.
    pub round: u32,
    /// What they say.
    pub word: Word,
    /// The signature.
    pub proof: Proof,
}

/// Why a vote does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadVote {
    /// Nobody whose votes count here.
    #[error("the voter is not among those who may vote")]
    NotAVoter,
    /// They had a hand in the plan.
    #[error("whoever had a hand in a plan does not vote on it")]
    Author,
    /// They said this, or something later, already.
    #[error("the voter has said something in this round already")]
    OldRound,
    /// Too many words of one person.
    #[error("a person has at most {ROUNDS_MAX} words on a statement")]
    TooManyRounds,
    /// There is nothing to take back.
    #[error("there is no vote to take back")]
    NothingToWithdraw,
    /// A reason that is empty or too long.
    #[error("a reason has 1 to {REASON_BYTES_MAX} bytes")]
    BadReason,
    /// The key is not theirs, or not any more, or not yet.
    #[error("the key is none of the voter's that counts now")]
    UnknownKey,
    /// The signature does not make us sure enough.
    #[error("this kind of signature is not enough for this plan")]
    NotSureEnough,
    /// What the authenticator signed does not hold.
    #[error("the passkey's signature: {0}")]
    Passkey(#[from] Refused),
    /// What the SSH key signed does not hold.
    #[error("the SSH signature: {0}")]
    Ssh(#[from] SshRefused),
}

/// A vote whose signature holds: this person said this about this statement, with a key that counted then.
///
/// Only [`Vote::check`] makes one. Whether it is counted is for [`crate::change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    vote: Vote,
    key: PublicKey,
    assurance: Assurance,
    asserted: Option<Asserted>,
}

impl Vote {
    /// Checks who it is, and that they signed exactly this.
    ///
    /// # Errors
    /// With the first reason found.
    pub fn check(&self, statement: &Statement, keyring: &Keyring, now: Timestamp) -> Result<Checked, BadVote> {
        if !keyring.lists(self.voter) {
            return Err(BadVote::NotAVoter);
        }
        if statement.fields().authors.contains(&self.voter) {
            return Err(BadVote::Author);
        }
        if !(1..=ROUNDS_MAX).contains(&self.round) {
            return Err(BadVote::TooManyRounds);
        }
        if let Word::Reject { reason } = &self.word
            && !(1..=REASON_BYTES_MAX).contains(&reason.len())
        {
            return Err(BadVote::BadReason);
        }
        let ballot = Ballot { statement, voter: self.voter, round: self.round, word: &self.word };
        let checked = self.proven(&ballot, keyring, now)?;
        // To stop something, or to take one's word back, any key of one's own is enough.
        if matches!(self.word, Word::Approve) && checked.assurance < statement.fields().terms.assurance {
            return Err(BadVote::NotSureEnough);
        }
        Ok(checked)
    }

    fn proven(&self, ballot: &Ballot<'_>, keyring: &Keyring, now: Timestamp) -> Result<Checked, BadVote> {
        match &self.proof {
            Proof::Passkey { credential, assertion } => {
                let credential = keyring.passkey(self.voter, credential, now).ok_or(BadVote::UnknownKey)?;
                let asserted = credential.check(keyring.party(), ballot.challenge().as_bytes(), assertion)?;
                let (key, assurance) = (credential.key.clone(), Assurance::Verified);
                Ok(Checked { vote: self.clone(), key, assurance, asserted: Some(asserted) })
            }
            Proof::Ssh { signature } => {
                let signature = SshSignature::from_blob(signature)?;
                if !keyring.has_ssh(self.voter, signature.key(), now) {
                    return Err(BadVote::UnknownKey);
                }
                let signed = signature.verify(NAMESPACE, ballot.to_string().as_bytes())?;
                let assurance = match (signed.key().application(), signed.user_verified()) {
                    (Some(_), true) => Assurance::Verified,
                    (Some(_), false) => Assurance::Touched,
                    (None, _) => Assurance::Held,
                };
                Ok(Checked { vote: self.clone(), key: signed.key().key().clone(), assurance, asserted: None })
            }
        }
    }
}

impl Checked {
    /// The vote.
    #[must_use]
    pub const fn vote(&self) -> &Vote {
        &self.vote
    }

    /// The key that signed it.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// How sure it makes us.
    #[must_use]
    pub const fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// What a passkey said when it signed, so that whoever keeps its counter can hold it against that.
    #[must_use]
    pub const fn asserted(&self) -> Option<&Asserted> {
        self.asserted.as_ref()
    }
}
