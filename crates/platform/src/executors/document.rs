//! What an executor is to believe, as the platform fills it in for whoever installs it: people who may vote there, with the keys that are known.
//!
//! It is a proposal. The person who applies the manifest reads it, and from then on the executor believes the cluster and not us.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use assent_approval::keyring::HeldKey;
use assent_approval::webauthn::RelyingParty;
use assent_base::id::{AccountId, ClusterId, TenantId};
use assent_execution::rules::{UNDO_S_DEFAULT, VERIFY_S_DEFAULT};
use assent_execution::{BadPinned, Impersonated, Pinned};
use assent_observe::manifest::parts::quoted;
use assent_plan::action::ActionKind;

use super::manifest::REHEARSER;

/// People who must say yes to what is of high risk, where there are as many.
const HIGH_QUORUM: usize = 2;
/// People who must say yes to what the catalogue does not know, and to a change of what is pinned, where there are as many.
const EXCEPTIONAL_QUORUM: usize = 3;

/// Somebody who may vote, and with what.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) account: AccountId,
    /// What the API server is likely to know them by.
    pub(crate) email: String,
    pub(crate) keys: Vec<HeldKey>,
}

/// What is to be pinned, as a person reads it, and the same as an executor does.
pub(crate) fn document(
    (tenant, cluster): (TenantId, ClusterId),
    (party, origin): (&RelyingParty, &str),
    candidates: &[Candidate],
) -> Result<(String, Pinned), BadPinned> {
    let mut out = String::from("version: 1\n");
    let _ = writeln!(out, "tenant: {tenant}");
    let _ = writeln!(out, "cluster: {cluster}");
    out.push_str("# The site that passkeys are bound to, and the addresses under which its pages ask for votes.\n");
    let _ = writeln!(out, "domain: {}", quoted(party.id()));
    let _ = writeln!(out, "origins: [{}]", quoted(origin));
    let approvers = people(&mut out, candidates);
    rules(&mut out, approvers);
    let pinned = Pinned::parse(out.as_bytes())?;
    Ok((out, pinned))
}

/// How many they are.
fn people(out: &mut String, candidates: &[Candidate]) -> usize {
    let mut users = BTreeSet::new();
    let (usable, unusable): (Vec<&Candidate>, Vec<&Candidate>) =
        candidates.iter().partition(|one| !one.keys.is_empty() && is_user(&one.email) && users.insert(one.email.as_str()));
    out.push_str(
        "# Who may approve. `user` is whom the API server takes them for: their own rights there decide what a plan of theirs can do.\n\
         # `groups` come along only if you list them, here and in the ClusterRole `assent-executor`.\n",
    );
    for one in &unusable {
        let why = if one.keys.is_empty() { "has neither passkey nor SSH key yet" } else { "has no name that could be a user's here" };
        // A comment has no escapes, so what could end its line is escaped as in JSON.
        let _ = writeln!(out, "# Left out: {} {why}.", quoted(&one.email));
    }
    if usable.is_empty() {
        out.push_str("# Nobody yet: nothing can be approved in this cluster before somebody is listed.\napprovers: []\n");
        return 0;
    }
    let count = usable.len();
    out.push_str("approvers:\n");
    for one in usable {
        let (account, email) = (one.account, quoted(&one.email));
        let _ = writeln!(out, "- account: {account}\n  name: {email}\n  user: {email}\n  groups: []\n  keys:");
        for key in &one.keys {
            // A JSON object is YAML as well.
            let _ = writeln!(out, "  - {}", serde_json::json!(key));
        }
    }
    count
}

fn rules(out: &mut String, approvers: usize) {
    // Where more had to say yes than there are, nothing could be approved, this document's own change not either.
    let [high, exceptional] = [HIGH_QUORUM, EXCEPTIONAL_QUORUM].map(|quorum| quorum.min(approvers.max(1)));
    let raise = match exceptional {
        EXCEPTIONAL_QUORUM => String::new(),
        _ => format!(
            "\n  # Raise them as more people are listed: Assent asks {HIGH_QUORUM} for `high` and {EXCEPTIONAL_QUORUM} for `exceptional` where it can."
        ),
    };
    let actions: Vec<&str> = safe_actions().iter().map(|action| action.as_str()).collect();
    let _ = write!(
        out,
        "rules:\n\
         \x20 # What may be done at all. Not in it: what concerns nodes, and `custom_patch`, which can say anything.\n\
         \x20 actions: [{}]\n\
         \x20 # Where: names, beginnings such as `lab-*`, or all.\n\
         \x20 namespaces: [\"*\"]\n\
         \x20 # Objects without a namespace, such as nodes.\n\
         \x20 cluster_scoped: false\n\
         \x20 # How many must say yes, by risk, and how sure each signature must make us: `held` (an SSH key in a file), `touched` (one on a\n\
         \x20 # device), `verified` (a passkey, or a device that asked for PIN or finger). `exceptional` is also what changing this document takes.{raise}\n\
         \x20 terms:\n\
         \x20   low: {{quorum: 1, assurance: verified}}\n\
         \x20   medium: {{quorum: 1, assurance: verified}}\n\
         \x20   high: {{quorum: {high}, assurance: verified}}\n\
         \x20   exceptional: {{quorum: {exceptional}, assurance: verified}}\n\
         \x20 # What needs nobody's yes; nothing.\n\
         \x20 auto_approve: []\n\
         \x20 # Whom plans are dry-run as before anybody has approved them. Without it nothing is tried before.\n\
         \x20 rehearse_as: {{user: {}, groups: []}}\n\
         \x20 # Seconds that what follows from a change is watched, and seconds after that in which a signed `reject` still takes it back.\n\
         \x20 verify_s: {VERIFY_S_DEFAULT}\n\
         \x20 undo_s: {UNDO_S_DEFAULT}\n",
        actions.join(", "),
        quoted(REHEARSER)
    );
}

/// What may be done unless somebody decides otherwise: everything in a namespace that the catalogue knows.
fn safe_actions() -> Vec<ActionKind> {
    let outside = [ActionKind::Cordon, ActionKind::Uncordon, ActionKind::CustomPatch];
    ActionKind::ALL.iter().copied().filter(|action| !outside.contains(action)).collect()
}

/// Whether an address can be a user's name, which travels in a header.
fn is_user(email: &str) -> bool {
    Impersonated { user: email.to_owned(), groups: BTreeSet::new() }.check().is_ok()
}
