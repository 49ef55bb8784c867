//! The pinned document: what it says is believed whole, or not at all.

use assent_execution::{BadPinned, Pinned};

const DOCUMENT: &str = "\
version: 1
tenant: tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b
cluster: cls_0192f0c1d2e37a4b8c5d6e7f80912a3b
domain: assent.example.com
origins: [https://assent.example.com]
approvers:
- account: acc_0192f0c1d2e37a4b8c5d6e7f80912a3b
  name: Ada
  user: ada@example.com
  groups: [sre]
  keys:
  - key: {ssh: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILBS/mrkkEHirhsqcKZKRknJfEDBm+mG67ywp65E5o8m}
rules:
  actions: [restart, roll_back]
  namespaces: [shop, lab-*]
  terms:
    low: {quorum: 1, assurance: held}
    medium: {quorum: 1, assurance: held}
    high: {quorum: 2, assurance: verified}
    exceptional: {quorum: 3, assurance: verified}
  auto_approve:
  - {action: restart, namespaces: [lab-*], per_hour_max: 3, run_as: {user: 'assent:lab'}}
  rehearse_as: {user: 'assent:rehearsal'}
";

fn read(text: &str) -> Result<Pinned, BadPinned> {
    Pinned::parse(text.as_bytes())
}

#[test]
fn a_document_reads_the_same_from_yaml_and_from_its_canonical_json() {
    let pinned = read(DOCUMENT).unwrap();
    assert_eq!((pinned.rules.verify_s, pinned.rules.undo_s, pinned.rules.cluster_scoped), (300, 3_600, false));
    let again = read(pinned.canonical()).unwrap();
    assert_eq!(again, pinned);
    assert_eq!(again.canonical(), pinned.canonical());
    let users: Vec<String> = pinned.impersonated().into_iter().map(|one| one.user).collect();
    assert_eq!(users, ["ada@example.com", "assent:lab", "assent:rehearsal"]);
    assert!(pinned.keyring().lists(pinned.approvers[0].account));
}

#[test]
fn the_digest_of_the_rules_is_of_what_they_say_and_of_nothing_else() {
    let pinned = read(DOCUMENT).unwrap();
    let spelled_out = read(&format!("{DOCUMENT}  verify_s: 300\n  cluster_scoped: false\n")).unwrap();
    assert_eq!(spelled_out.policy_digest(), pinned.policy_digest());
    let renamed = read(&DOCUMENT.replace("name: Ada", "name: Ada L.")).unwrap();
    assert_eq!(renamed.policy_digest(), pinned.policy_digest(), "names are no rules");
    assert_ne!(renamed.digest(), pinned.digest());
    let longer = read(&format!("{DOCUMENT}  verify_s: 301\n")).unwrap();
    assert_ne!(longer.policy_digest(), pinned.policy_digest());
    assert_ne!(pinned.policy_digest(), pinned.digest());
}

#[test]
fn what_is_unknown_doubled_missing_or_out_of_bounds_is_refused() {
    let refused = [
        ("version: 1", "version: 2"),
        ("version: 1\n", ""),
        ("version: 1\n", "version: 1\nnote: x\n"),
        ("version: 1\n", "version: 1\nversion: 1\n"),
        ("  name: Ada\n", "  name: Ada\n  name: Ben\n"),
        ("name: Ada", "name: ''"),
        ("groups: [sre]", "groups: ['system:masters']"),
        ("user: ada@example.com", "user: system:admin"),
        ("user: ada@example.com", "user: assent:rehearsal"),
        ("user: ada@example.com", "user: \"a\\nb\""),
        ("actions: [restart, roll_back]", "actions: [restart, roll_back, everything]"),
        ("actions: [restart, roll_back]", "actions: [roll_back]"),
        ("namespaces: [shop, lab-*]", "namespaces: ['a*b']"),
        ("medium: {quorum: 1, assurance: held}", "medium: {quorum: 0, assurance: held}"),
        ("medium: {quorum: 1, assurance: held}", "medium: {quorum: 11, assurance: held}"),
        ("low: {quorum: 1, assurance: held}", "low: {quorum: 2, assurance: held}"),
        ("low: {quorum: 1, assurance: held}", "low: {quorum: 1, assurance: held, lax: true}"),
        ("{action: restart,", "{action: adjust_budget,"),
        ("namespaces: [lab-*], per", "namespaces: [], per"),
        ("per_hour_max: 3", "per_hour_max: 0"),
        ("per_hour_max: 3", "per_hour_max: 61"),
        (", run_as: {user: 'assent:lab'}", ""),
        ("https://assent.example.com", "https://evil.example"),
        ("https://assent.example.com", "http://assent.example.com"),
        ("ssh-ed25519 AAAAC3", "ssh-ed25519 AAAAD3"),
        ("rehearse_as:", "rehearse:"),
    ];
    for (from, to) in refused {
        assert!(DOCUMENT.contains(from), "{from}");
        assert!(read(&DOCUMENT.replacen(from, to, 1)).is_err(), "{to}");
    }
    assert!(read(&format!("{DOCUMENT}  verify_s: 1\n")).is_err());
    assert!(read(&format!("{DOCUMENT}  undo_s: 86401\n")).is_err());
    assert!(read("").is_err() && read("{}").is_err() && Pinned::parse(&[0xff]).is_err());
    assert_eq!(read(&" ".repeat(1024 * 1024 + 1)), Err(BadPinned::TooLong));
}

#[test]
fn nobody_is_in_it_twice_under_any_name() {
    let (start, rest) = DOCUMENT.split_once("- account").unwrap();
    let (ada, end) = rest.split_once("rules:").unwrap();
    let twice = |other: &str| read(&format!("{start}- account{ada}- account{other}rules:{end}"));
    let key = "AAAAC3NzaC1lZDI1NTE5AAAAILBS/mrkkEHirhsqcKZKRknJfEDBm+mG67ywp65E5o8m";
    let other_key = "AAAAC3NzaC1lZDI1NTE5AAAAIFzsPDM/6CmlfR09gwC3V8dLVHb94DnJf6Qg7avhFhrF";
    let ben = ada.replace("acc_0192", "acc_0193").replace("ada@", "ben@").replace(key, other_key);
    assert!(twice(&ben).is_ok(), "{:?}", twice(&ben));
    assert!(twice(&ben.replace("acc_0193", "acc_0192")).is_err(), "the same account");
    assert!(twice(&ben.replace("ben@", "ada@")).is_err(), "the same user");
    assert!(twice(&ben.replace(other_key, key)).is_err(), "the same key");
}
