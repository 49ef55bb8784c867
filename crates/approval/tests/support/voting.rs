//! People with real keys, and votes of theirs.

#![allow(dead_code, reason = "each file of tests uses the part it needs")]

use std::collections::BTreeSet;

use assent_approval::ballot::{Ballot, NAMESPACE, Word};
use assent_approval::keyring::{Approver, HeldKey, Keyring, KeyringFile, VoteKey};
use assent_approval::sshsig::SshKey;
use assent_approval::statement::{Assurance, Draft, Nonce, Statement, Terms};
use assent_approval::vote::{Proof, Vote};
use assent_approval::webauthn::{Assertion, Credential, RelyingParty, register};
use assent_base::id::{AccountId, ClusterId, RANDOM_BYTES, TenantId};
use assent_base::{Digest, Timestamp};
use aws_lc_rs::digest::{SHA512, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

use super::authenticator::{Ask, Authenticator};

pub(crate) const ORIGIN: &str = "https://assent.example";
pub(crate) const DOMAIN: &str = "assent.example";

/// An instant so many seconds after the statement was issued.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_777_896_000 + seconds).expect("an instant")
}

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new(at(0), [n; RANDOM_BYTES])
}

/// Somebody with a passkey and an SSH key.
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) authenticator: Authenticator,
    pub(crate) credential: Credential,
    ssh: Ed25519KeyPair,
}

impl Person {
    pub(crate) fn new(n: u8) -> Self {
        let authenticator = Authenticator::new(&[n]);
        let (client_data, attestation) = authenticator.make(&Ask::create(ORIGIN, DOMAIN, &[7; 32]));
        let party = RelyingParty::of_origin(ORIGIN).expect("a party");
        let credential = register(&party, &[7; 32], &client_data, &attestation).expect("a credential").into_credential();
        Self { account: account(n), authenticator, credential, ssh: Ed25519KeyPair::generate().expect("a key") }
    }

    pub(crate) fn ssh_key(&self) -> SshKey {
        SshKey::from_blob(&strings(&[b"ssh-ed25519", self.ssh.public_key().as_ref()])).expect("a key")
    }

    pub(crate) fn keys(&self) -> [VoteKey; 2] {
        [VoteKey::Passkey(self.credential.clone()), VoteKey::Ssh(self.ssh_key())]
    }

    /// A vote with the passkey.
    pub(crate) fn vote(&self, statement: &Statement, round: u32, word: Word) -> Vote {
        let challenge = Ballot { statement, voter: self.account, round, word: &word }.challenge();
        let signed = self.authenticator.sign(&Ask::get(ORIGIN, DOMAIN, challenge.as_bytes()));
        let assertion =
            Assertion { client_data: signed.client_data, authenticator_data: signed.authenticator_data, signature: signed.signature };
        Vote { voter: self.account, round, word, proof: Proof::Passkey { credential: self.credential.id.clone(), assertion } }
    }

    /// A vote with the SSH key.
    pub(crate) fn ssh_vote(&self, statement: &Statement, round: u32, word: Word) -> Vote {
        let text = Ballot { statement, voter: self.account, round, word: &word }.to_string();
        Vote { voter: self.account, round, word, proof: Proof::Ssh { signature: self.sshsig(NAMESPACE, text.as_bytes()) } }
    }

    /// What `ssh-keygen -Y sign` would write into its frame.
    pub(crate) fn sshsig(&self, namespace: &str, message: &[u8]) -> Vec<u8> {
        let hashed = digest(&SHA512, message);
        let signed = [b"SSHSIG", strings(&[namespace.as_bytes(), b"", b"sha512", hashed.as_ref()]).as_slice()].concat();
        let signature = strings(&[b"ssh-ed25519", self.ssh.sign(&signed).as_ref()]);
        let parts = strings(&[self.ssh_key().blob(), namespace.as_bytes(), b"", b"sha512", &signature]);
        [b"SSHSIG\0\0\0\x01", parts.as_slice()].concat()
    }
}

fn strings(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&u32::try_from(part.len()).expect("short").to_be_bytes(), *part].concat()).collect()
}

/// A key that counts from ever and for ever.
pub(crate) fn held(key: VoteKey) -> HeldKey {
    HeldKey { key, valid_from: None, revoked_at: None }
}

pub(crate) fn keyring_file<'a>(people: impl IntoIterator<Item = &'a Person>) -> KeyringFile {
    let approver = |person: &Person| Approver { account: person.account, keys: person.keys().map(held).into() };
    let approvers = people.into_iter().map(approver).collect();
    KeyringFile { domain: DOMAIN.to_owned(), origins: BTreeSet::from([ORIGIN.to_owned()]), approvers }
}

pub(crate) fn keyring<'a>(people: impl IntoIterator<Item = &'a Person>) -> Keyring {
    Keyring::new(&keyring_file(people)).expect("a keyring")
}

/// A statement that asks for so many, for a quarter of an hour.
pub(crate) fn draft(quorum: u8) -> Draft {
    Draft {
        tenant: TenantId::new(at(0), [1; RANDOM_BYTES]),
        cluster: ClusterId::new(at(0), [2; RANDOM_BYTES]),
        cluster_uid: "6f1c2d3e-0000-4000-8000-000000000001".parse().expect("a UID"),
        plan: Digest::of(b"plan"),
        policy: Digest::of(b"policy"),
        evidence: Digest::of(b"evidence"),
        authors: BTreeSet::from([account(0)]),
        terms: Terms { quorum, assurance: Assurance::Held },
        issued_at: at(0),
        expires_at: at(900),
        nonce: Nonce::new([7; 16]),
    }
}

pub(crate) fn statement(quorum: u8) -> Statement {
    Statement::new(draft(quorum)).expect("a statement")
}
