//! SSH keys of one's own, which sign ballots and nothing else.
//!
//! A key is proven by a signature over its owner's account when it is added, and it is one person's in a tenant: a key of two could vote
//! for both. What is removed counts no more, also for what it signed before.

use assent_api::operations::{AddSshKey, ListSshKeys, RemoveSshKey};
use assent_api::ssh_keys::SshKey as Shown;
use assent_api::{Code, Empty, Problem};
use assent_approval::sshsig::{SshKey, SshSignature};
use assent_base::id::{AccountId, SshKeyId};
use assent_base::{Digest, Timestamp};
use assent_http::{Handle, Input, Reply};
use assent_ledger::Outcome;
use assent_store::{Expect, Kept, Query, StoreError, Tenant, Write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use crate::caller::{Caller, Person};
use crate::documents::SshKeyDoc;
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::turns::{Topic, Turn};

/// SSH keys of one account at most.
pub(crate) const SSH_KEYS_MAX: usize = 20;
/// What SSH keys sign to be added.
pub(crate) const NAMESPACE: &str = "assent.key";
/// Bytes of a public key's line at most.
const LINE_BYTES_MAX: usize = 2_048;

/// The text that proves a key to be somebody's.
pub(crate) fn proven_text(account: AccountId) -> String {
    format!("assent key {account}\n")
}

/// `SHA256:…`, as `ssh-keygen -l` prints it.
pub(crate) fn fingerprint(key: &SshKey) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Digest::of(key.blob()).as_bytes()))
}

/// The id of the document of a key. What a security key is bound to is no part of it: the same key in another spelling is the same.
fn document_id(key: &SshKey) -> String {
    Digest::of(key.key().to_string().as_bytes()).to_string()
}

impl SshKeyDoc {
    fn shown(&self) -> Shown {
        Shown {
            id: self.id,
            name: self.name.clone(),
            public_key: self.key.to_string(),
            fingerprint: fingerprint(&self.key),
            created_at: self.created_at,
        }
    }

    /// What goes on the ledger about a key: all of it is public.
    fn recorded(&self) -> Value {
        json!({ "ssh_key": self.id, "name": self.name, "key": self.key, "fingerprint": fingerprint(&self.key) })
    }
}

/// The SSH keys of an account, oldest first.
pub(crate) async fn keys_of(tenant: &Tenant, account: AccountId) -> Result<Vec<Kept<SshKeyDoc>>, Problem> {
    let query = Query::oldest_first().equal("account", &account.to_string());
    tenant.all::<SshKeyDoc>(&query).await.map_err(Problem::from_store)
}

/// Takes the SSH keys of an account away, with whatever else is written.
pub(crate) async fn without_keys(tenant: &Tenant, account: AccountId) -> Result<Vec<Write>, Problem> {
    let keys = keys_of(tenant, account).await?;
    keys.iter().map(|kept| Write::delete::<SshKeyDoc>(&kept.id, Expect::Any).map_err(Problem::from_store)).collect()
}

/// A person: nobody else has keys.
fn person(caller: &Caller) -> Result<&Person, Problem> {
    match caller {
        Caller::Person(person) => Ok(person),
        Caller::Machine(_) => Err(Problem::new(Code::Conflict, "you call with a machine's key, and machines sign nothing")),
        Caller::Public | Caller::Observer { .. } | Caller::Executor { .. } => Err(Problem::new(Code::NotSignedIn, "sign in first")),
    }
}

/// The key of a line of `authorized_keys`, a comment behind it or not.
fn read_line(text: &str) -> Result<SshKey, Problem> {
    let bad = |why: String| Problem::invalid("/public_key", why);
    if text.len() > LINE_BYTES_MAX || text.trim().contains(['\n', '\r']) {
        return Err(bad(format!("one line of at most {LINE_BYTES_MAX} bytes")));
    }
    let mut words = text.split_whitespace();
    let line = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
    line.parse::<SshKey>().map_err(|refused| bad(refused.to_string()))
}

/// Checks that whoever holds the key said that it is this account's.
fn proven(key: &SshKey, account: AccountId, signature: &str) -> Result<(), String> {
    let signature = SshSignature::parse(signature).map_err(|refused| refused.to_string())?;
    if signature.key() != key {
        return Err("it is by another key".to_owned());
    }
    signature.verify(NAMESPACE, proven_text(account).as_bytes()).map(drop).map_err(|refused| refused.to_string())
}

impl Handle<ListSshKeys> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListSshKeys>) -> Result<Reply<ListSshKeys>, Problem> {
        let person = person(&caller)?;
        let tenant = self.tenant(person.who.tenant).await?;
        let keys = keys_of(&tenant, person.account).await?;
        Ok(Reply::new(Pages::of_list(keys.iter().map(|kept| kept.doc.shown()).collect(), &input.query)?))
    }
}

impl Handle<AddSshKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AddSshKey>) -> Result<Reply<AddSshKey>, Problem> {
        let person = person(&caller)?;
        let tenant = self.tenant(person.who.tenant).await?;
        let name = names::title("/name", &input.body.name)?;
        let key = read_line(&input.body.public_key)?;
        let actor = format!("account:{}", person.account);
        let record = |subject: String, outcome, details: Value| {
            let (plane, tenant, actor) = (self, &tenant, actor.as_str());
            async move { plane.record(tenant, actor, "ssh_key.add", &subject, outcome, details).await }
        };
        if let Err(reason) = proven(&key, person.account, &input.body.signature) {
            record("unknown".to_owned(), Outcome::Refused, json!({ "reason": reason, "remote": input.meta.remote })).await?;
            return Err(Problem::invalid("/signature", reason));
        }
        let turn = Turn::take(self, &tenant, Topic::Administration).await?;
        if keys_of(&tenant, person.account).await?.len() >= SSH_KEYS_MAX {
            return Err(Problem::new(Code::Conflict, format!("an account has at most {SSH_KEYS_MAX} SSH keys: remove one first")));
        }
        let doc = self.new_ssh_key(person.account, name, key);
        let id = doc.id.to_string();
        record(id.clone(), Outcome::Intended, doc.recorded()).await?;
        let key = Write::put(&document_id(&doc.key), &doc, Expect::Absent).map_err(Problem::from_store)?;
        match tenant.write(vec![key, turn.write()?], self.now()).await {
            Ok(_) => Ok(Reply::new(doc.shown())),
            Err(error) => {
                let problem = match error {
                    StoreError::Conflict { .. } => Problem::new(Code::Conflict, "this key was added before, by you or by somebody else"),
                    other => Problem::from_store(other),
                };
                record(id, Outcome::Failed, json!({ "problem": problem.code })).await?;
                Err(problem)
            }
        }
    }
}

impl ControlPlane {
    fn new_ssh_key(&self, account: AccountId, name: String, key: SshKey) -> SshKeyDoc {
        let created_at: Timestamp = self.now();
        SshKeyDoc { id: self.new_id(SshKeyId::new), account, name, key, created_at }
    }
}

impl Handle<RemoveSshKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RemoveSshKey>) -> Result<Reply<RemoveSshKey>, Problem> {
        let person = person(&caller)?;
        let tenant = self.tenant(person.who.tenant).await?;
        let keys = keys_of(&tenant, person.account).await?;
        let kept = keys.into_iter().find(|kept| kept.doc.id == input.path.ssh_key).ok_or_else(Problem::not_found)?;
        let (actor, subject) = (format!("account:{}", person.account), kept.doc.id.to_string());
        self.record(&tenant, &actor, "ssh_key.remove", &subject, Outcome::Intended, kept.doc.recorded()).await?;
        if let Err(error) = tenant.delete::<SshKeyDoc>(&kept.id, Expect::Version(kept.version), self.now()).await {
            let problem = Problem::from_store(error);
            self.record(&tenant, &actor, "ssh_key.remove", &subject, Outcome::Failed, json!({ "problem": problem.code })).await?;
            return Err(problem);
        }
        Ok(Reply::new(Empty {}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDdEgdM3zrnt5mYAQ1aAvkmt0K0eRoRe8x5Tlx1HqxMd";

    #[test]
    fn a_line_is_read_with_its_comment_and_nothing_else() {
        if let Ok(key) = read_line(LINE) {
            assert_eq!(read_line(&format!("{LINE} ada@laptop")).map(|key| key.to_string()), Ok(key.to_string()));
            assert!(fingerprint(&key).starts_with("SHA256:") && !fingerprint(&key).contains('='));
        }
        for bad in ["", "ssh-rsa AAAA", &format!("{LINE}\n{LINE}"), &"x".repeat(LINE_BYTES_MAX + 1)] {
            assert!(read_line(bad).is_err(), "{bad}");
        }
    }
}
