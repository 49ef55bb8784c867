//! The commands that prepare a change of what is pinned write what the executor believes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "this is a test"
)]

#[path = "../../approval/tests/support/mod.rs"]
mod signing;

use std::collections::BTreeSet;
use std::process::Command;

use assent_approval::ballot::NAMESPACE;
use assent_approval::warrant::Warrant;
use assent_base::Timestamp;
use assent_base::id::{ClusterId, RANDOM_BYTES, TenantId};
use assent_execution::{Pinned, repinning};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use signing::voting::{DOMAIN, ORIGIN, Person, held};

#[test]
fn a_statement_is_printed_signed_and_gathered_into_a_warrant_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let people = [Person::new(1), Person::new(2)];
    let (former, next) = (document(&people, 300), document(&people, 60));
    std::fs::write(path("former.yaml"), former.canonical()).unwrap();
    std::fs::write(path("next.yaml"), next.canonical()).unwrap();
    let said = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_assent-executor"))
            .env_clear()
            .current_dir(folder.path())
            .arg("repin")
            .args(arguments)
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let statement = said(&["statement", "--former", "former.yaml", "--next", "next.yaml", "--cluster-uid", "uid-1"]);
    std::fs::write(path("statement.json"), statement).unwrap();
    let mut gather = vec!["gather".to_owned(), "--statement".to_owned(), "statement.json".to_owned()];
    for (number, person) in people.iter().enumerate() {
        let account = person.account.to_string();
        let ballot = said(&["ballot", "--statement", "statement.json", "--account", &account]);
        assert!(ballot.contains(&format!("plan {}\n", next.digest())) && ballot.contains(&format!("voter {account}\n")), "{ballot}");
        let blob = STANDARD.encode(person.sshsig(NAMESPACE, ballot.as_bytes()));
        let lines: Vec<&str> = blob.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let framed = format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"));
        std::fs::write(path(&format!("{number}.sig")), framed).unwrap();
        gather.extend(["--vote".to_owned(), format!("{account}={number}.sig")]);
    }
    let warrant = said(&gather.iter().map(String::as_str).collect::<Vec<_>>());
    let warrant = || Warrant::parse(warrant.as_bytes()).unwrap();
    let (uid, now) = ("uid-1".parse().unwrap(), Timestamp::now());
    assert!(repinning::assent(&former, &next, warrant(), &uid, &BTreeSet::new(), now).is_ok());
    assert!(repinning::assent(&next, &former, warrant(), &uid, &BTreeSet::new(), now).is_err(), "it leads one way");
    let used = BTreeSet::from([warrant().statement.fields().nonce]);
    assert!(repinning::assent(&former, &next, warrant(), &uid, &used, now).is_err(), "it is used once");
    assert!(repinning::assent(&former, &document(&people, 61), warrant(), &uid, &BTreeSet::new(), now).is_err(), "for this document alone");
}

fn document(people: &[Person], verify_s: u32) -> Pinned {
    let approver = |(number, person): (usize, &Person)| json!({"account": person.account, "name": "somebody", "user": format!("user-{number}"), "keys": person.keys().map(held)});
    let terms = |quorum: u8| json!({"quorum": quorum, "assurance": "held"});
    let document = json!({
        "version": 1,
        "tenant": TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]),
        "cluster": ClusterId::new(Timestamp::UNIX_EPOCH, [2; RANDOM_BYTES]),
        "domain": DOMAIN,
        "origins": [ORIGIN],
        "approvers": people.iter().enumerate().map(approver).collect::<Vec<_>>(),
        "rules": {
            "actions": ["restart"], "namespaces": ["shop"], "verify_s": verify_s,
            "terms": {"low": terms(1), "medium": terms(1), "high": terms(2), "exceptional": terms(2)},
        },
    });
    Pinned::parse(document.to_string().as_bytes()).unwrap()
}
