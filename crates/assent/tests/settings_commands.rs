//! What the console sets, the command line sets: members, keys of machines, retention, redaction, sources of alerts, the tenant itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::http::Who;
use support::platform::{PASSWORD, Platform};
use support::program::{Said, assent, command, said};
use support::terminal::Terminal;

/// A platform with an owner who is signed in at a terminal, and an environment with a cluster.
struct House {
    platform: Platform,
    terminal: Terminal,
    owner: Who,
    folder: tempfile::TempDir,
}

impl House {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let platform = Platform::start(Path::new(env!("CARGO_BIN_EXE_assent")), &folder.path().join("data"));
        let owner = platform.owner();
        let terminal = Terminal::of_person(folder.path(), platform.address.port(), "ada@example.org");
        platform.add_cluster(&owner);
        Self { platform, terminal, owner, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ok(&self, arguments: &[&str]) -> String {
        self.terminal.ok(arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["-o", "json"]].concat())).unwrap()
    }

    fn run(&self, arguments: &[&str], input: &str) -> Said {
        said(&self.terminal.run_with(arguments, input))
    }

    /// What is not done, and why.
    fn refused(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments, "");
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{arguments:?}: {}", said.err);
        said.err
    }

    /// A command with this key alone.
    fn as_machine(&self, key: &str, arguments: &[&str]) -> Said {
        let server = format!("http://{}", self.platform.address);
        said(&command(arguments).env("ASSENT_SERVER", server).env("ASSENT_TOKEN", key).output().unwrap())
    }
}

#[test]
fn members_are_invited_and_may_do_what_they_are_granted() {
    let house = House::open();
    let link =
        house.ok(&["member", "invite", "ben@example.org", "--name", "Ben", "--grant", "viewer", "--grant", "operator@prod/shop,web"]);
    let secret = link.trim().split_once('#').expect("a link, and nothing else").1;
    let body = json!({ "token": secret, "email": "ben@example.org", "name": "Ben", "password": PASSWORD });
    let ben = house.platform.http().post(&Who::Nobody, "/api/v1/set-up", &body).unwrap().who();
    let listed = house.ok(&["members", "list"]);
    assert!(listed.contains("active    ben@example.org  Ben · viewer operator@prod/shop,web"), "{listed}");

    let granted = house.ok(&["member", "grant", "ben@example.org", "auditor", "viewer"]);
    assert!(granted.ends_with("Ben · viewer operator@prod/shop,web auditor\n"), "{granted}");
    let revoked = house.ok(&["member", "revoke", "ben@example.org", "viewer", "operator@prod/shop,web"]);
    assert!(revoked.ends_with("Ben · auditor\n"), "{revoked}");
    let told = house.refused(&["member", "revoke", "ben@example.org", "viewer"]);
    assert!(told.contains("`viewer` is not granted; what is: auditor"), "{told}");
    assert!(house.refused(&["member", "grant", "ben@example.org", "viewer@lab"]).contains("there is no environment `lab`"));
    assert!(house.refused(&["member", "grant", "eve@example.org", "viewer"]).contains("there is no member `eve@example.org`"));
    assert!(house.refused(&["member", "grant", "ben@example.org", "admiral"]).contains("admiral"));

    let me = |who: &Who| house.platform.http().get(who, "/api/v1/me").unwrap().status;
    assert_eq!(me(&ben), 200);
    assert!(house.ok(&["member", "disable", "ben@example.org"]).contains("disabled"));
    assert_eq!(me(&ben), 401);
    assert!(house.ok(&["member", "enable", "ben@example.org"]).contains("active"));
    house.ok(&["member", "remove", "ben@example.org"]);
    let left = house.json(&["member", "list"]);
    assert_eq!(left.as_array().unwrap().iter().map(|one| &one["email"]).collect::<Vec<_>>(), ["ada@example.org"]);
    assert!(house.refused(&["member", "remove", "ada@example.org"]).contains("owner"), "the last owner stays");
}

#[test]
fn groups_of_a_provider_are_granted_what_their_members_may_do() {
    let house = House::open();
    assert_eq!(house.ok(&["group", "list"]), "None.\n");
    house.ok(&["group", "grant", "sre", "operator@prod", "viewer"]);
    assert_eq!(house.ok(&["group", "grant", "audit", "auditor"]), "audit · auditor\nsre · operator@prod viewer\n");
    assert!(house.refused(&["group", "revoke", "audit", "viewer"]).contains("`viewer` is not granted"));
    assert_eq!(house.ok(&["group", "revoke", "audit", "auditor"]), "sre · operator@prod viewer\n");
    assert_eq!(house.json(&["group", "list"])[0]["group"], "sre");
}

#[test]
fn the_secret_of_a_machine_key_is_all_that_is_printed_and_holds_until_it_is_rotated_or_revoked() {
    let house = House::open();
    let secret = house.ok(&["machine-key", "create", "ci", "--grant", "viewer", "--expires-in", "90d"]);
    let secret = secret.strip_suffix('\n').unwrap();
    assert!(secret.starts_with("ask_") && !secret.contains(char::is_whitespace), "{secret}");
    assert_eq!(house.as_machine(secret, &["incidents"]).code, 0);
    let listed = house.ok(&["machine-key", "list"]);
    assert!(listed.contains("ci · viewer · until ") && listed.contains("by Ada") && !listed.contains(secret), "{listed}");

    let file = house.path("token");
    let rotated = house.run(&["machine-key", "rotate", "ci", "--to-file", file.to_str().unwrap()], "");
    assert_eq!((rotated.code, rotated.out.as_str()), (0, ""), "{}", rotated.err);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(house.as_machine(secret, &["incidents"]).code, 3, "the old one holds no more");
    let server = format!("http://{}", house.platform.address);
    let shown = command(&["incidents", "--server", &server, "--token-file", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(said(&shown).code, 0);
    let made = house.json(&["api-key", "list"]).as_array().unwrap().len();
    assert!(house.refused(&["machine-key", "create", "other", "--grant", "viewer", "--to-file", file.to_str().unwrap()]).contains("token"));
    assert_eq!(house.json(&["machine-key", "list"]).as_array().unwrap().len(), made, "no key whose secret could not be kept");

    let whole = house.json(&["machine-key", "create", "ops", "--grant", "operator@prod"]);
    assert!(whole["secret"].as_str().unwrap().starts_with("ask_"));
    house.ok(&["machine-key", "revoke", "ci"]);
    assert!(house.refused(&["machine-key", "revoke", "ci"]).contains("there is no machine key `ci`"), "by name, only those that hold");
    assert!(house.ok(&["machine-key", "list"]).contains("revoked "));
}

#[test]
fn retention_is_set_by_environment() {
    let house = House::open();
    assert!(house.ok(&["retention", "show"]).ends_with("prod · closed incidents 90 days\n"));
    assert!(house.ok(&["retention", "set", "prod", "30"]).ends_with("prod · closed incidents 30 days\n"));
    assert_eq!(house.json(&["retention", "show", "prod"])["retention"]["incidents_days"], 30);
    assert!(house.refused(&["retention", "set", "prod", "0"]).contains("1 to 3650"));
    assert!(house.refused(&["retention", "set", "lab", "30"]).contains("there is no environment `lab`"));
}

#[test]
fn redaction_rules_are_shown_tried_and_set_as_they_were_read() {
    let house = House::open();
    let file = house.path("rules.yaml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "deny:\n  - {name: orchard, pattern: 'ORCHARD-[0-9]{6}'}\naddresses: true\n").unwrap();
    let text = "ticket ORCHARD-123456\nfrom 10.1.2.3\n";
    let tried = house.run(&["redaction", "test", "prod", "--rules", path], text);
    assert_eq!(tried.code, 0, "{}", tried.err);
    assert!(
        !tried.out.contains("123456") && !tried.out.contains("10.1.2.3") && tried.out.contains("  line 1  orchard  14 bytes\n"),
        "{}",
        tried.out
    );
    assert!(house.run(&["redaction", "test", "prod", "-"], text).out.contains("ORCHARD-123456"), "not yet kept");

    assert_eq!(house.ok(&["redaction", "set", "prod", path]), "1 rules deny and 0 allow, at version 1.\n");
    let shown = house.ok(&["redaction", "show", "prod"]);
    std::fs::write(&file, &shown).unwrap();
    house.ok(&["redaction", "set", "prod", path]);
    assert!(house.refused(&["redaction", "set", "prod", path]).contains("version"), "changed since it was read");
    let input = house.path("text");
    std::fs::write(&input, text).unwrap();
    assert!(!house.ok(&["redaction", "test", "prod", input.to_str().unwrap()]).contains("ORCHARD-123456"), "kept now");
    std::fs::write(&file, "deny: [{name: x, pattern: '('}]\n").unwrap();
    assert!(house.refused(&["redaction", "set", "prod", path]).contains("/deny/0"));
    std::fs::write(&file, "denied: []\n").unwrap();
    assert!(house.refused(&["redaction", "set", "prod", path]).contains("denied"));
}

#[test]
fn a_source_of_alerts_takes_what_its_secret_comes_with_until_it_is_removed() {
    let house = House::open();
    let file = house.path("secret");
    let add = ["alert-source", "add", "pager", "--format", "generic", "--cluster", "shop", "--to-file", file.to_str().unwrap()];
    let added = house.run(&add, "");
    assert_eq!((added.code, added.out.as_str()), (0, ""), "{}", added.err);
    let url = added.err.split_whitespace().find(|word| word.starts_with("http")).unwrap().trim_end_matches(';').to_owned();
    let secret = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(!added.err.contains(&secret));
    let route = &url[url.find("/api/").unwrap()..];
    #[allow(clippy::disallowed_methods, reason = "a platform with the real clock is told of the present")]
    let alert = json!({ "title": "Cart is slow", "severity": "warning", "object": "Deployment/shop/cart", "starts_at": assent_base::Timestamp::now() });
    let send = |who: &Who| house.platform.http().post(who, route, &alert).unwrap().status;
    assert_eq!((send(&Who::Bearer(secret.clone())), send(&Who::Bearer("another".to_owned()))), (202, 401));
    let listed = house.ok(&["alert-source", "list"]);
    assert!(listed.contains("generic") && listed.contains("pager · 1 came, last ") && !listed.contains(&secret), "{listed}");
    house.ok(&["alert-source", "remove", "pager"]);
    assert_eq!(send(&Who::Bearer(secret)), 401);
    assert_eq!(house.ok(&["alert-source", "list"]), "None.\n");
    assert!(
        house.refused(&["alert-source", "add", "x", "--format", "generic", "--cluster", "none"]).contains("there is no cluster `none`")
    );
}

#[test]
fn a_tenant_is_exported_whole_and_deleted_with_a_certificate_that_a_stranger_can_check() {
    let house = House::open();
    let link = house.ok(&["tenant", "create", "Leaving"]);
    let secret = link.trim().split_once('#').expect("a link").1;
    let body = json!({ "token": secret, "email": "otto@example.org", "name": "Otto", "password": PASSWORD });
    assert_eq!(house.platform.http().post(&Who::Nobody, "/api/v1/set-up", &body).unwrap().status, 201);
    let otto = Terminal::of_person(&house.path("otto"), house.platform.address.port(), "otto@example.org");
    assert!(otto.ok(&["tenant", "rename", "Left"]).contains("Left") && otto.ok(&["tenant", "show"]).contains("Left"));

    let export = house.path("export.jsonl");
    let told = otto.ok(&["tenant", "export", export.to_str().unwrap()]);
    assert!(told.contains("lines, "), "{told}");
    let text = std::fs::read_to_string(&export).unwrap();
    assert!(text.starts_with("{\"at\"") || text.contains("\"type\":\"export\""));
    assert!(text.lines().last().unwrap().contains("\"end\""));
    assert_eq!(std::fs::metadata(&export).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(said(&otto.run(&["tenant", "export", export.to_str().unwrap()])).code, 3, "over nothing that is there");

    let file = house.path("certificate");
    let (path, key) = (file.to_str().unwrap(), house.path("certificate.key"));
    let delete = ["tenant", "delete", "--certificate", path];
    let kept = said(&otto.run_with(&delete, "Leaving\n"));
    assert!(kept.code == 3 && kept.err.contains("nothing is deleted") && !file.exists() && !key.exists(), "{}", kept.err);
    assert!(otto.ok(&["tenant", "show"]).contains("Left"));
    let gone = said(&otto.run_with(&delete, "Left\n"));
    assert_eq!(gone.code, 0, "{}", gone.err);
    assert_eq!(gone.out, std::fs::read_to_string(&file).unwrap());
    assert!(said(&otto.run(&["tenant", "show"])).code == 3, "it is gone");
    assert_eq!(house.platform.http().get(&house.owner, "/api/v1/me").unwrap().status, 200, "others stay");

    // The key that another had before: from an export of the ledger.
    let archive = house.path("log.tar");
    house.ok(&["ledger", "export", archive.to_str().unwrap()]);
    let log = house.path("log");
    std::fs::create_dir(&log).unwrap();
    assert!(Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(&log).status().unwrap().success());
    let own = log.join("key");
    for key in [&own, &key] {
        let proven = assent(&["certificate", "verify", path, "--key", key.to_str().unwrap()]);
        assert!(proven.code == 0 && proven.out.starts_with("Proven: tnt_"), "{}{}", proven.out, proven.err);
    }
    std::fs::write(&file, gone.out.replacen("record ", "record 1", 1)).unwrap();
    let altered = assent(&["certificate", "verify", path, "--key", own.to_str().unwrap()]);
    assert!(altered.code == 1 && altered.out.starts_with("NOT PROVEN: "), "{}{}", altered.out, altered.err);
    assert_eq!(assent(&["certificate", "verify", path, "--key", export.to_str().unwrap()]).code, 3, "no key");
    assert_eq!(assent(&["certificate", "verify", path]).code, 3, "a key is asked for, and not taken from beside");
}
