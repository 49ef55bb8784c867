//! What people are asked to assent to, in exactly one spelling.
//!
//! A statement names a plan by its digest and everything that makes the assent mean something: where it runs, under which policy, on which
//! evidence, who may not vote, how many must, and until when. It is text, line by line, so that whoever signs with an SSH key can read what
//! they sign; the digest of a ballot, which is this text and a word, is what a passkey signs. See [`crate::ballot`].
//!
//! Units: instants are UTC, spans whole seconds.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use assent_base::id::{AccountId, ClusterId, TenantId};
use assent_base::{Digest, Timestamp, time};
use serde::{Deserialize, Serialize};

/// Seconds that a statement stands at most: who has not answered for a week has not read it.
pub const STANDS_S_MAX: i64 = 7 * 86_400;
/// People who must say yes, at most.
pub const QUORUM_MAX: u8 = 10;
/// People who had a hand in a plan, at most.
pub const AUTHORS_MAX: usize = 16;
/// Bytes of a cluster's UID at most. Kubernetes writes 36.
pub const CLUSTER_UID_BYTES_MAX: usize = 64;

/// How sure a signature makes us that its owner was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Somebody, or some program, had the key.
    Held,
    /// Somebody touched the device that has the key.
    Touched,
    /// The device that has the key knew who touched it, by PIN or finger. Passkeys always say this.
    Verified,
}

impl Assurance {
    const fn word(self) -> &'static str {
        match self {
            Assurance::Held => "held",
            Assurance::Touched => "touched",
            Assurance::Verified => "verified",
        }
    }
}

/// What policy asks of the votes on a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// How many different people must say yes: 1 to [`QUORUM_MAX`].
    pub quorum: u8,
    /// How sure each signature must make us.
    pub assurance: Assurance,
}

impl Terms {
    /// Whether these ask for no less than others.
    #[must_use]
    pub fn at_least(&self, floor: &Terms) -> bool {
        self.quorum >= floor.quorum && self.assurance >= floor.assurance
    }
}

/// The UID of the namespace `kube-system`, by which a cluster is told from another of the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterUid(String);

/// What a statement is used for once: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce([u8; 16]);

/// What a statement is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Whose plan it is.
    pub tenant: TenantId,
    /// Where it runs.
    pub cluster: ClusterId,
    /// Which cluster that is, by its own word.
    pub cluster_uid: ClusterUid,
    /// The digest of the plan.
    pub plan: Digest,
    /// The digest of the policies that were asked.
    pub policy: Digest,
    /// The digest of the evidence that the plan rests on.
    pub evidence: Digest,
    /// Whoever had a hand in the plan: they do not vote on it.
    pub authors: BTreeSet<AccountId>,
    /// What policy asks of the votes.
    pub terms: Terms,
    /// When it was put to the vote.
    pub issued_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Tells it from every other.
    pub nonce: Nonce,
}

/// What people are asked to assent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub struct Statement(Box<Draft>);

/// Why something is no statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStatement {
    /// Nobody would have to agree, or more than there are.
    #[error("1 to {QUORUM_MAX} people must say yes")]
    BadQuorum,
    /// Too many had a hand in it.
    #[error("a plan has at most {AUTHORS_MAX} authors")]
    TooManyAuthors,
    /// It would be over before it began, or stand too long.
    #[error("a statement stands for at most {STANDS_S_MAX} seconds")]
    BadSpan,
    /// Not a UID.
    #[error("a cluster's UID has 1 to {CLUSTER_UID_BYTES_MAX} of a-z, A-Z, 0-9 and `-`")]
    BadClusterUid,
    /// Not a nonce.
    #[error("a nonce has 32 lower-case hexadecimal digits")]
    BadNonce,
}

impl Statement {
    /// Puts a draft to the vote.
    ///
    /// # Errors
    /// When it asks for nobody's assent, or for longer than anything may.
    pub fn new(draft: Draft) -> Result<Self, BadStatement> {
        if !(1..=QUORUM_MAX).contains(&draft.terms.quorum) {
            return Err(BadStatement::BadQuorum);
        }
        if draft.authors.len() > AUTHORS_MAX {
            return Err(BadStatement::TooManyAuthors);
        }
        let in_order = draft.issued_at < draft.expires_at;
        if !in_order || time::seconds_between(draft.issued_at, draft.expires_at) > STANDS_S_MAX {
            return Err(BadStatement::BadSpan);
        }
        Ok(Self(Box::new(draft)))
    }

    /// What it is made of.
    #[must_use]
    pub fn fields(&self) -> &Draft {
        &self.0
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.0.expires_at
    }

    /// Its digest, by which records name it. Nobody signs this alone: a ballot adds a word.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_string().as_bytes())
    }
}

/// Line by line, each field once, in this order. No field can hold a line break.
impl fmt::Display for Statement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Draft { tenant, cluster, cluster_uid, plan, policy, evidence, authors, terms, issued_at, expires_at, nonce } = self.fields();
        writeln!(out, "tenant {tenant}")?;
        writeln!(out, "cluster {cluster}")?;
        writeln!(out, "cluster-uid {cluster_uid}")?;
        writeln!(out, "plan {plan}")?;
        writeln!(out, "policy {policy}")?;
        writeln!(out, "evidence {evidence}")?;
        write!(out, "authors")?;
        authors.iter().try_for_each(|author| write!(out, " {author}"))?;
        writeln!(out)?;
        writeln!(out, "quorum {}", terms.quorum)?;
        writeln!(out, "assurance {}", terms.assurance.word())?;
        writeln!(out, "issued {issued_at}")?;
        writeln!(out, "expires {expires_at}")?;
        writeln!(out, "nonce {nonce}")
    }
}

impl TryFrom<Draft> for Statement {
    type Error = BadStatement;

    fn try_from(draft: Draft) -> Result<Self, BadStatement> {
        Self::new(draft)
    }
}

impl From<Statement> for Draft {
    fn from(statement: Statement) -> Self {
        *statement.0
    }
}

impl FromStr for ClusterUid {
    type Err = BadStatement;

    fn from_str(text: &str) -> Result<Self, BadStatement> {
        let good =
            (1..=CLUSTER_UID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if good { Ok(Self(text.to_owned())) } else { Err(BadStatement::BadClusterUid) }
    }
}

impl fmt::Display for ClusterUid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for ClusterUid {
    type Error = BadStatement;

    fn try_from(text: String) -> Result<Self, BadStatement> {
        text.parse()
    }
}

impl From<ClusterUid> for String {
    fn from(uid: ClusterUid) -> Self {
        uid.0
    }
}

impl Nonce {
    /// A nonce of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }
}

impl FromStr for Nonce {
    type Err = BadStatement;

    fn from_str(text: &str) -> Result<Self, BadStatement> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let number = if digits { u128::from_str_radix(text, 16).ok() } else { None };
        number.map(|number| Self(number.to_be_bytes())).ok_or(BadStatement::BadNonce)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl TryFrom<String> for Nonce {
    type Error = BadStatement;

    fn try_from(text: String) -> Result<Self, BadStatement> {
        text.parse()
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.to_string()
    }
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    #[test]
    fn a_statement_reads_line_by_line() {
        let text = Statement::new(draft()).unwrap().to_string();
        let digest = Digest::of(b"").to_string();
        let ids: Vec<String> = text.lines().take(2).map(str::to_owned).collect();
        assert!(ids[0].starts_with("tenant tnt_") && ids[1].starts_with("cluster cls_"));
        let rest: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(rest[0], "cluster-uid 6f1c2d3e-0000-4000-8000-000000000001");
        assert_eq!(rest[1..4], [format!("plan {digest}"), format!("policy {digest}"), format!("evidence {digest}")]);
        assert!(rest[4].starts_with("authors acc_"));
        assert_eq!(
            rest[5..],
            [
                "quorum 2",
                "assurance verified",
                "issued 1970-01-01T00:00:00Z",
                "expires 1970-01-01T00:15:00Z",
                "nonce 07070707070707070707070707070707",
            ]
        );
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn a_statement_reads_back_and_what_asks_for_nobody_is_none() {
        let statement = Statement::new(draft()).unwrap();
        let json = serde_json::to_string(&statement).unwrap();
        assert_eq!(serde_json::from_str::<Statement>(&json).unwrap(), statement);
        for (from, to) in [
            ("\"quorum\":2", "\"quorum\":0"),
            ("\"quorum\":2", "\"quorum\":11"),
            ("1970-01-01T00:15", "1970-01-08T00:01"),
            ("6f1c2d3e", "a\\nb"),
            ("0707", "0G07"),
        ] {
            assert!(json.contains(from), "{from}");
            assert!(serde_json::from_str::<Statement>(&json.replacen(from, to, 1)).is_err(), "{to}");
        }
        assert_eq!(Statement::new(Draft { expires_at: draft().issued_at, ..draft() }), Err(BadStatement::BadSpan));
    }

    #[test]
    fn terms_are_compared_in_all_their_parts() {
        let terms = |quorum, assurance| Terms { quorum, assurance };
        assert!(terms(2, Assurance::Verified).at_least(&terms(1, Assurance::Held)));
        assert!(!terms(2, Assurance::Held).at_least(&terms(1, Assurance::Touched)));
        assert!(!terms(1, Assurance::Verified).at_least(&terms(2, Assurance::Held)));
    }

    fn draft() -> Draft {
        let start = Timestamp::UNIX_EPOCH;
        let digest = Digest::of(b"");
        Draft {
            tenant: TenantId::new(start, [1; RANDOM_BYTES]),
            cluster: ClusterId::new(start, [2; RANDOM_BYTES]),
            cluster_uid: "6f1c2d3e-0000-4000-8000-000000000001".parse().unwrap(),
            plan: digest,
            policy: digest,
            evidence: digest,
            authors: BTreeSet::from([AccountId::new(start, [3; RANDOM_BYTES])]),
            terms: Terms { quorum: 2, assurance: Assurance::Verified },
            issued_at: start,
            expires_at: Timestamp::from_second(900).unwrap(),
            nonce: Nonce::new([7; 16]),
        }
    }
}
