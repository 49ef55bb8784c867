//! From a terminal: a plan is read, signed with an SSH key by OpenSSH's own program, taken back, rejected; and a platform that shows one thing
//! and has another signed gets no signature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support {
    pub mod http;
    pub mod platform;
    pub mod terminal;
}

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;

use assent_execution::Pinned;
use serde_json::{Value, json};
use support::http::Who;
use support::platform::{Observer, Platform, ill_cluster, until};
use support::terminal::{self, Terminal, is_without_openssh, said};

const STREAM: &str = "0f0e0d0c0b0a09080706050403020100";
/// What the observer of the tests says that the cluster is.
const CLUSTER_UID: &str = "a-uid";

#[test]
fn a_plan_is_read_signed_taken_back_and_rejected() {
    if is_without_openssh() {
        return;
    }
    let desk = Desk::make();
    let plan = desk.asked();
    let read = desk.ok(&["plan", &plan]);
    assert!(read.contains("sha256:") && read.contains("awaiting") && read.contains("0 of 1"), "{read}");
    let whole: Value = serde_json::from_str(&desk.ok(&["plan", &plan, "-o", "json"])).unwrap();
    assert_eq!(whole["summary"]["id"], plan.as_str());

    let hesitant = desk.run_with(&["approve", &plan], "no\n");
    assert_eq!(hesitant.status.code(), Some(3));
    assert!(said(&hesitant.stderr).contains("nothing was signed"), "{}", said(&hesitant.stderr));

    let approved = desk.run_with(&["approve", &plan], "yes\n");
    assert!(approved.status.success(), "{}", said(&approved.stderr));
    assert!(said(&approved.stdout).contains("approved, 1 of 1 votes"), "{}", said(&approved.stdout));
    let shown = said(&approved.stderr);
    assert!(shown.contains("assent ballot 1") && shown.contains("word approve") && shown.contains("by hand"), "{shown}");

    assert!(desk.ok(&["withdraw", &plan, "--yes"]).contains("awaiting, 0 of 1 votes"));
    let key = desk.terminal.home.join(".ssh/id_ed25519");
    assert!(desk.ok(&["approve", &plan, "--yes", "--key", key.to_str().unwrap()]).contains("approved"));
    assert!(desk.ok(&["reject", &plan, "--yes", "--reason", "not on a Friday"]).contains("rejected"));
    let read = desk.ok(&["plan", &plan]);
    assert!(read.contains("not on a Friday"), "{read}");
    assert!(desk.ok(&["plans", "--state", "rejected"]).contains(&plan));

    let shown = desk.ok(&["executor", "show", &desk.cluster]);
    assert!(shown.contains("version 1") && shown.contains("\"approvers\""), "{shown}");
    desk.ok(&["executor", "remove", &desk.cluster]);
    assert_eq!(desk.run(&["executor", "show", &desk.cluster]).status.code(), Some(3));
    let keys: Value = serde_json::from_str(&desk.ok(&["ssh-key", "list", "-o", "json"])).unwrap();
    desk.ok(&["ssh-key", "remove", keys[0]["id"].as_str().unwrap()]);
    assert!(desk.ok(&["ssh-key", "list"]).contains("No SSH keys"));
}

#[test]
fn what_differs_from_the_bytes_is_not_signed() {
    if is_without_openssh() {
        return;
    }
    let desk = Desk::make();
    let plan = desk.asked();
    let digest = desk.shown(&plan)["digest"].as_str().unwrap().to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    let lies: Vec<(&str, Lie)> = vec![
        ("do not sign it", Box::new(|body| body.replacen("confidence_percent\\\":", "confidence_percent\\\": ", 1))),
        ("do not sign it", {
            let (digest, other) = (digest.clone(), other.clone());
            Box::new(move |body| body.replacen(&format!("\"digest\":\"{digest}\""), &format!("\"digest\":\"{other}\""), 1))
        }),
        ("about another plan", {
            let (digest, other) = (digest.clone(), other.clone());
            Box::new(move |body| {
                let fields = format!("\"plan\":\"{digest}\"");
                body.replace(&fields, &format!("\"plan\":\"{other}\"")).replace(&format!("plan {digest}"), &format!("plan {other}"))
            })
        }),
        ("not what its fields say", Box::new(|body| body.replace("quorum 1\\n", "quorum 9\\n"))),
        ("something else", Box::new(|body| if body.contains("word approve") { body.replace("round 1", "round 2") } else { body })),
        (
            "something else",
            Box::new(|body| if body.contains("word approve") { body.replace("word approve", "word withdraw") } else { body }),
        ),
    ];
    for (why, lie) in lies {
        let between = Between::the(desk.platform.address, lie);
        let refused = desk.run_at(&format!("http://localhost:{}", between.port), &["approve", &plan, "--yes"]);
        let told = said(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{told}");
        assert!(told.contains(why) || (why == "do not sign it" && told.contains("no plan")), "{why}: {told}");
    }
    let plan = desk.shown(&plan);
    assert_eq!((&plan["summary"]["state"], &plan["votes"]), (&json!("awaiting"), &json!([])));
}

/// Somebody at a terminal, with a session, an SSH key, and a cluster that is ill and whose executor has pinned that key.
struct Desk {
    platform: Platform,
    terminal: Terminal,
    _folder: tempfile::TempDir,
    owner: Who,
    cluster: String,
}

impl Desk {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let platform = Platform::start(Path::new(env!("CARGO_BIN_EXE_assent")), &folder.path().join("data"));
        let owner = platform.owner();
        let added = platform.add_cluster(&owner);
        let (mut observer, _) = Observer::connect(platform.address, &added, STREAM).unwrap();
        assert_eq!(observer.send(1, ill_cluster()).unwrap().status, 200);
        let terminal = Terminal::of_owner(&folder.path().join("home"), platform.address.port());
        let desk = Self { platform, terminal, _folder: folder, owner, cluster: added.id };
        desk.install();
        desk
    }

    /// Lets the cluster's executor say what the manifest pins, with keys in files taken for good enough.
    fn install(&self) {
        let manifest = self.terminal.executor_manifest(&self.cluster);
        let (document, key) = (terminal::pinned(&manifest), terminal::key(&manifest));
        let pinned = Pinned::parse(document.as_bytes()).unwrap();
        assert_eq!(pinned.approvers.len(), 1, "{document}");
        let mut http = self.platform.http();
        let token = http.post(&Who::Nobody, "/api/v1/observer/token", &json!({ "key": key })).unwrap().json();
        let executor = Who::Bearer(token["token"].as_str().unwrap().to_owned());
        let hello = json!({ "cluster_uid": CLUSTER_UID, "version": "1", "pinned": pinned.canonical() });
        let answer = http.post(&executor, "/api/v1/executor/hello", &hello).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// A plan that waits for one vote.
    fn asked(&self) -> String {
        until("a plan", || {
            let list: Value = serde_json::from_str(&self.ok(&["plans", "--mine", "-o", "json"])).unwrap();
            let plans = list["items"].as_array()?.iter().find(|plan| plan["quorum"] == 1)?;
            plans["id"].as_str().map(str::to_owned)
        })
    }

    fn shown(&self, plan: &str) -> Value {
        self.platform.http().get(&self.owner, &format!("/api/v1/plans/{plan}")).unwrap().json()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        self.terminal.ok(arguments)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.terminal.run(arguments)
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        self.terminal.run_with(arguments, input)
    }

    /// The same, with somebody between.
    fn run_at(&self, server: &str, arguments: &[&str]) -> Output {
        self.carry_session_to(server);
        self.terminal.run_at(server, arguments, "")
    }

    /// A session is shown to the server that it was made by. Here somebody stands in between who has taken that server's place.
    fn carry_session_to(&self, server: &str) {
        let path = self.terminal.home.join(".config/assent/credentials.json");
        let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        kept["server"] = json!(server);
        std::fs::write(&path, kept.to_string()).unwrap();
    }
}

type Lie = Box<dyn Fn(String) -> String + Send>;

/// Somebody between a terminal and the platform, who changes what is answered.
struct Between {
    port: u16,
}

impl Between {
    fn the(platform: SocketAddr, lie: Lie) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // It ends with the test's process.
        std::thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let Some((head, body)) = message(&mut BufReader::new(client.try_clone().unwrap())) else { continue };
                // Plain text is easier to lie in.
                let head: Vec<&str> = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("accept-encoding:")).collect();
                let mut upstream = TcpStream::connect(platform).unwrap();
                upstream.write_all(format!("{}\r\n{body}", head.join("\r\n")).as_bytes()).unwrap();
                let Some((head, body)) = message(&mut BufReader::new(upstream)) else { continue };
                let body = lie(body);
                let head: Vec<&str> = head.lines().filter(|line| !is_about_length(line) && !line.is_empty()).collect();
                let answer = format!("{}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", head.join("\r\n"), body.len());
                // Who has seen enough hangs up.
                let _ = client.write_all(answer.as_bytes());
            }
        });
        Self { port }
    }
}

fn is_about_length(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.starts_with("content-length:") || line.starts_with("connection:")
}

/// One request or answer: its head and its body.
fn message(from: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}
