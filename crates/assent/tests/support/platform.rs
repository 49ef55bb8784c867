//! `assent up` as a process of its own on a folder that outlives it, and an observer that speaks to it.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Answer, Http, Who};

pub const PASSWORD: &str = "a long walk along the river";
/// Something that the platform does by itself is waited for as long as this; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running platform. Dropping it kills it.
pub struct Platform {
    child: Child,
    pub address: SocketAddr,
    /// The secret of the first owner's link.
    pub link: Option<String>,
    out: Option<JoinHandle<Vec<u8>>>,
    err: Option<JoinHandle<Vec<u8>>>,
}

impl Platform {
    /// Starts the program on a folder, on a port that the system chooses.
    pub fn start(program: &Path, data: &Path) -> Self {
        let mut command = Command::new(program);
        command.env_clear();
        Self::start_as(command, data, &[])
    }

    /// The same with a command before the program's own arguments, and more of those.
    pub fn start_as(mut command: Command, data: &Path, further: &[&str]) -> Self {
        let is_new = !data.exists();
        command.args(["up", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data).args(further);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (said, lines) = mpsc::channel();
        let out = std::thread::spawn(move || {
            let mut all = Vec::new();
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                all.extend_from_slice(&line);
                all.push(b'\n');
                // Nobody listens once it has started.
                let _ = said.send(String::from_utf8_lossy(&line).into_owned());
            }
            all
        });
        let err = std::thread::spawn(move || {
            let mut all = Vec::new();
            let _ = stderr.read_to_end(&mut all);
            all
        });
        let mut started = Self { child, address: ([127, 0, 0, 1], 0).into(), link: None, out: Some(out), err: Some(err) };
        started.greeting(&lines, is_new);
        started
    }

    /// Reads where it serves; on a new folder, the link too.
    fn greeting(&mut self, lines: &mpsc::Receiver<String>, is_new: bool) {
        loop {
            let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it does not start: {}", self.killed_text()));
            if let Some((_, address)) = line.split_once("Assent serves http://") {
                self.address = address.trim().parse().unwrap();
            }
            self.link = line.split_once("/set-up#").map(|(_, secret)| secret.trim().to_owned());
            if self.link.is_some() || (line.ends_with("/docs") && !is_new) {
                return;
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn http(&self) -> Http {
        Http::to(self.address)
    }

    /// SIGKILL, and what it had said until then: standard output and standard error.
    pub fn kill(&mut self) -> (Vec<u8>, Vec<u8>) {
        for id in self.recorded() {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let said = |reader: Option<JoinHandle<Vec<u8>>>| reader.map(|reader| reader.join().unwrap()).unwrap_or_default();
        (said(self.out.take()), said(self.err.take()))
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    pub fn stop(&mut self) -> (Vec<u8>, Vec<u8>) {
        let id = self.recorded().pop().unwrap_or_else(|| self.child.id().to_string());
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "it ended with {ended}");
        self.kill()
    }

    /// The program, when what was started is a recorder around it. By itself it starts nothing.
    fn recorded(&self) -> Vec<String> {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        children.split_whitespace().map(str::to_owned).collect()
    }

    fn killed_text(&mut self) -> String {
        String::from_utf8_lossy(&self.kill().1).into_owned()
    }

    /// The first owner, who sets the platform up.
    pub fn owner(&self) -> Who {
        let body = json!({ "token": self.link.as_ref().expect("a link"), "email": "ada@example.org", "name": "Ada", "password": PASSWORD });
        let answer = self.http().post(&Who::Nobody, "/api/v1/set-up", &body).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.who()
    }

    /// Adds an environment and a cluster.
    pub fn add_cluster(&self, owner: &Who) -> Cluster {
        let mut http = self.http();
        let made = http.post(owner, "/api/v1/environments", &json!({ "name": "prod", "criticality": "prod" })).unwrap().json();
        let asked = json!({ "name": "shop", "environment": made["id"], "endpoint": "https://assent.example.org", "profiles": ["workloads", "logs"] });
        let made = http.post(owner, "/api/v1/clusters", &asked).unwrap().json();
        let manifest = made["manifest"].as_str().unwrap();
        let key = manifest.lines().find_map(|line| line.trim().strip_prefix("key: \"")?.strip_suffix('"')).expect("a key");
        Cluster { id: made["cluster"]["id"].as_str().unwrap().to_owned(), key: key.to_owned() }
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        drop(self.kill());
    }
}

/// A cluster that was added, and the key of its observer.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub id: String,
    pub key: String,
}

/// An observer: its stream and its token.
pub struct Observer {
    pub http: Http,
    who: Who,
    stream: String,
}

impl Observer {
    /// Exchanges the key and says hello. Gives what it was welcomed with too.
    pub fn connect(address: SocketAddr, cluster: &Cluster, stream: &str) -> std::io::Result<(Self, Value)> {
        let mut http = Http::to(address);
        let token = http.post(&Who::Nobody, "/api/v1/observer/token", &json!({ "key": cluster.key }))?.json();
        let who = Who::Bearer(token["token"].as_str().unwrap().to_owned());
        let state = json!({ "version": "0", "started_at": "2026-05-04T12:00:00Z", "buffered_bytes": 0, "dropped": 0, "redacted": 0 });
        let hello = json!({ "stream": stream, "cluster_uid": "a-uid", "profiles": ["core", "workloads", "logs"], "state": state });
        let welcome = http.post(&who, "/api/v1/observer/hello", &hello)?.json();
        Ok((Self { http, who, stream: stream.to_owned() }, welcome))
    }

    /// Sends signals that begin with a number; gives the number up to which the platform has them.
    pub fn send(&mut self, first: u64, signals: Vec<Value>) -> std::io::Result<Answer> {
        let numbered: Vec<Value> = (first..).zip(signals).map(|(seq, signal)| json!({ "seq": seq, "signal": signal })).collect();
        self.http.post(&self.who, "/api/v1/observer/signals", &json!({ "stream": self.stream, "signals": numbered }))
    }
}

/// Facts of a small cluster in which an image is not found, as an observer sends them.
pub fn ill_cluster() -> Vec<Value> {
    #[allow(clippy::disallowed_methods, reason = "a platform with the real clock is told of the present")]
    let now = assent_base::Timestamp::now();
    let start = now.checked_sub(jiff::SignedDuration::from_secs(40)).unwrap();
    assent_scenarios::demo::timeline(start).into_iter().take_while(|moment| moment.offset_s <= 33).flat_map(|moment| moment.facts).collect()
}

/// Asks again and again until there is an answer to go on with.
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, Duration::from_millis(25), what, ask)
}

/// The same with another patience, and another pause between two questions.
pub fn until_within<T>(patience: Duration, pause: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < patience, "{what} does not come");
        std::thread::sleep(pause);
    }
}

/// The first incident of a list, once there is one that is explained.
pub fn incident(http: &mut Http, who: &Who) -> String {
    until("an incident", || {
        let page = http.get(who, "/api/v1/incidents?state=explained").unwrap().json();
        page["items"][0]["id"].as_str().map(str::to_owned)
    })
}

/// All entries of a list.
pub fn all(http: &mut Http, who: &Who, path: &str) -> Vec<Value> {
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = http.get(who, &format!("{path}{sign}limit=500{cursor}")).unwrap().json();
        entries.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return entries,
        }
    }
}

/// Every file of a folder, as bytes.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files
}
