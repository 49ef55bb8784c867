//! A change from the moment it is put to the vote: waiting, approved, rejected or over.
//!
//! One struct for each state, consumed by the step that leaves it. A signature is held against its statement when it is cast; whether its key
//! still counts, each time that anything happens: a key that is revoked takes its votes with it. What is kept is a [`Record`], which anybody
//! could have written; only [`Change::recall`] makes a state of it again, by checking every signature anew.
//!
//! For example: Ada and Ben are asked to assent. Ada says yes, and the change waits; Ben says yes, and it is approved. Ada takes her word back
//! before a warrant was made, and it waits again. Chris says no, and it is over.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Timestamp;
use assent_base::id::AccountId;
use serde::{Deserialize, Serialize};

use crate::ballot::Word;
use crate::keyring::Keyring;
use crate::statement::Statement;
use crate::vote::{BadVote, Checked, Vote};
use crate::warrant::Warrant;

/// Votes of one record at most.
pub const RECORD_VOTES_MAX: usize = 1_000;

/// What people have said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    /// The last round of each.
    rounds: BTreeMap<AccountId, u32>,
    /// Who stands by a yes.
    approvals: BTreeMap<AccountId, Checked>,
}

/// Put to the vote; the people have not all spoken yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Awaiting {
    statement: Statement,
    said: Said,
}

/// Enough of the right people said yes to exactly this, in time.
#[derive(Debug, PartialEq, Eq)]
pub struct Approved {
    statement: Statement,
    said: Said,
}

/// Somebody who may vote said no.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejected {
    statement: Statement,
    by: Box<Vote>,
}

/// Its time was over before enough people had said yes, or before anything came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Expired {
    statement: Statement,
}

/// Every state a change can rest in.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// See [`Awaiting`].
    Awaiting(Awaiting),
    /// See [`Approved`].
    Approved(Approved),
    /// See [`Rejected`].
    Rejected(Rejected),
    /// See [`Expired`].
    Expired(Expired),
}

/// What was said so far, as it is kept: every vote that counted when it was cast, in the order in which they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What it is about.
    pub statement: Statement,
    /// What was said.
    pub votes: Vec<Vote>,
}

/// Why a record is none: it was altered, or not written by us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// More votes than anybody casts.
    #[error("a record has at most {RECORD_VOTES_MAX} votes")]
    TooLong,
    /// A vote in it never counted.
    #[error("the vote of {voter} in a record does not hold: {cause}")]
    BadVote {
        /// Whose it claims to be.
        voter: AccountId,
        /// Why.
        #[source]
        cause: BadVote,
    },
}

impl Change {
    /// The state that follows from a record, as of now. Votes of keys that count no more are left out; who has said no stays heard.
    ///
    /// # Errors
    /// When a vote in it never counted.
    pub fn recall(record: &Record, keyring: &Keyring, now: Timestamp) -> Result<Self, BadRecord> {
        if record.votes.len() > RECORD_VOTES_MAX {
            return Err(BadRecord::TooLong);
        }
        let mut said = Said::default();
        for vote in &record.votes {
            match said.recalled(&record.statement, vote, keyring, now) {
                Ok(Heard::Said(more)) => said = more,
                // It was said in time, or it would not be kept.
                Ok(Heard::Rejected(by)) => return Ok(Self::Rejected(Rejected { statement: record.statement.clone(), by })),
                Err(cause) => return Err(BadRecord::BadVote { voter: vote.voter, cause }),
            }
        }
        Ok(Heard::Said(said).settled(record.statement.clone(), keyring, now))
    }
}

impl Awaiting {
    /// Puts a statement to the vote.
    #[must_use]
    pub fn open(statement: Statement) -> Self {
        Self { statement, said: Said::default() }
    }

    /// What it is about.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who has said yes so far.
    pub fn approvers(&self) -> impl Iterator<Item = AccountId> {
        self.said.approvals.keys().copied()
    }

    /// Takes one vote and returns the state that follows. A vote that does not count gives the state back.
    ///
    /// # Errors
    /// With the state as it was, and why the vote does not count.
    pub fn vote(self, vote: &Vote, keyring: &Keyring, now: Timestamp) -> Result<Change, (Self, BadVote)> {
        if self.statement.is_over(now) {
            return Ok(Change::Expired(Expired { statement: self.statement }));
        }
        match self.said.clone().with(&self.statement, vote, keyring, now) {
            Ok(heard) => Ok(heard.settled(self.statement, keyring, now)),
            Err(bad) => Err((self, bad)),
        }
    }

    /// The state as of now: time passes, and keys are revoked.
    #[must_use]
    pub fn review(self, keyring: &Keyring, now: Timestamp) -> Change {
        Heard::Said(self.said).settled(self.statement, keyring, now)
    }
}

impl Approved {
    /// What it is about.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who said yes.
    pub fn approvers(&self) -> impl Iterator<Item = AccountId> {
        self.said.approvals.keys().copied()
    }

    /// Takes one vote more, before a warrant is made: somebody may take their word back, or say no.
    ///
    /// # Errors
    /// With the state as it was, and why the vote does not count.
    pub fn vote(self, vote: &Vote, keyring: &Keyring, now: Timestamp) -> Result<Change, (Self, BadVote)> {
        let Self { statement, said } = self;
        let back = |awaiting: Awaiting| Self { statement: awaiting.statement, said: awaiting.said };
        Awaiting { statement, said }.vote(vote, keyring, now).map_err(|(awaiting, bad)| (back(awaiting), bad))
    }

    /// The state as of now: time passes, and keys are revoked.
    #[must_use]
    pub fn review(self, keyring: &Keyring, now: Timestamp) -> Change {
        Heard::Said(self.said).settled(self.statement, keyring, now)
    }

    /// Writes the warrant, with which whoever has to act convinces themselves. Nothing is left to take back after this.
    ///
    /// # Errors
    /// With the state that it is in by now, when it is approved no more.
    pub fn warrant(self, keyring: &Keyring, now: Timestamp) -> Result<Warrant, Change> {
        match self.review(keyring, now) {
            Change::Approved(Approved { statement, said }) => {
                Ok(Warrant { statement, votes: said.approvals.into_values().map(|checked| checked.vote().clone()).collect() })
            }
            other @ (Change::Awaiting(_) | Change::Rejected(_) | Change::Expired(_)) => Err(other),
        }
    }
}

impl Rejected {
    /// What it was about.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who said no.
    #[must_use]
    pub fn by(&self) -> AccountId {
        self.by.voter
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        match &self.by.word {
            Word::Reject { reason } => reason,
            Word::Approve | Word::Withdraw => "",
        }
    }
}

impl Expired {
    /// What it was about.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }
}

/// What follows from a vote, before it is counted.
enum Heard {
    Said(Said),
    Rejected(Box<Vote>),
}

impl Said {
    /// With one vote more.
    fn with(mut self, statement: &Statement, vote: &Vote, keyring: &Keyring, now: Timestamp) -> Result<Heard, BadVote> {
        let checked = vote.check(statement, keyring, now)?;
        if self.rounds.get(&vote.voter).is_some_and(|last| vote.round <= *last) {
            return Err(BadVote::OldRound);
        }
        match vote.word {
            Word::Reject { .. } => return Ok(Heard::Rejected(Box::new(vote.clone()))),
            Word::Approve => {
                self.approvals.insert(vote.voter, checked);
            }
            Word::Withdraw => {
                self.approvals.remove(&vote.voter).ok_or(BadVote::NothingToWithdraw)?;
            }
        }
        self.rounds.insert(vote.voter, vote.round);
        Ok(Heard::Said(self))
    }

    /// With one vote more that counted when it was cast. Its key may have been revoked since, which takes the voter's yes with it.
    fn recalled(mut self, statement: &Statement, vote: &Vote, keyring: &Keyring, now: Timestamp) -> Result<Heard, BadVote> {
        match self.clone().with(statement, vote, keyring, now) {
            // The yes that was taken back was one of a key that counts no more.
            Err(BadVote::UnknownKey | BadVote::NotAVoter | BadVote::NothingToWithdraw) => {
                if self.rounds.insert(vote.voter, vote.round).is_some_and(|last| vote.round <= last) {
                    return Err(BadVote::OldRound);
                }
                self.approvals.remove(&vote.voter);
                Ok(if matches!(vote.word, Word::Reject { .. }) { Heard::Rejected(Box::new(vote.clone())) } else { Heard::Said(self) })
            }
            other => other,
        }
    }

    /// Without the votes of keys that do not count any more.
    fn still_counting(mut self, keyring: &Keyring, now: Timestamp) -> Self {
        self.approvals.retain(|voter, checked| keyring.has(*voter, checked.key(), now));
        self
    }

    /// Different people, each with a key of their own.
    fn reaches(&self, quorum: u8) -> bool {
        let keys: BTreeSet<_> = self.approvals.values().map(Checked::key).collect();
        self.approvals.len().min(keys.len()) >= usize::from(quorum)
    }
}

impl Heard {
    /// The state that follows.
    fn settled(self, statement: Statement, keyring: &Keyring, now: Timestamp) -> Change {
        if statement.is_over(now) {
            return Change::Expired(Expired { statement });
        }
        let said = match self {
            Heard::Rejected(by) => return Change::Rejected(Rejected { statement, by }),
            Heard::Said(said) => said.still_counting(keyring, now),
        };
        if said.reaches(statement.fields().terms.quorum) {
            Change::Approved(Approved { statement, said })
        } else {
            Change::Awaiting(Awaiting { statement, said })
        }
    }
}
