//! A platform on loopback: one thread, HTTP/1.1, a connection for each request.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(60);
/// The only key that it takes.
pub const KEY: &str = "a-key-for-this-test";

/// What came.
#[derive(Default)]
pub struct Seen {
    pub streams: Vec<String>,
    pub acknowledged: u64,
    pub signals: Vec<Value>,
    pub beats: Vec<Value>,
    /// Each number of this stream and what it stood for.
    pub numbers: BTreeMap<u64, Value>,
    /// How often a number came again, as it does when the answer to it was lost.
    pub again: usize,
    /// Whether signals are refused, so that they wait with the observer.
    pub holds_back: bool,
}

pub struct Platform {
    pub address: String,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Platform {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<(Mutex<Seen>, Condvar)> = Arc::default();
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A request that is cut by a kill is none.
                let _ = serve(stream, &shared);
            }
        });
        Self { address, seen }
    }

    /// Refuses signals from now on.
    pub fn hold_back(&self) {
        self.seen.0.lock().unwrap().holds_back = true;
    }

    /// Waits until what came fits, and gives what is made of it.
    pub fn until<T>(&self, make: impl Fn(&Seen) -> Option<T>) -> T {
        let (seen, changed) = &*self.seen;
        let seen = seen.lock().unwrap();
        let (seen, timeout) = changed.wait_timeout_while(seen, PATIENCE, |seen| make(seen).is_none()).unwrap();
        assert!(!timeout.timed_out(), "{:?}", seen.signals.iter().rev().take(20).collect::<Vec<_>>());
        make(&seen).unwrap()
    }
}

fn serve(mut stream: TcpStream, shared: &(Mutex<Seen>, Condvar)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_ascii_lowercase());
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut text = String::new();
    // As the real platform: what a stranger sends, the key, is not unpacked.
    if head.iter().any(|line| line == "content-encoding: gzip") {
        GzDecoder::new(&*body).read_to_string(&mut text)?;
    } else {
        (&*body).read_to_string(&mut text)?;
    }
    let body: Value = serde_json::from_str(&text)?;
    let path = head[0].split(' ').nth(1).unwrap();
    let is_known = path.ends_with("/token") || head.iter().any(|line| line == "authorization: bearer a-token");
    let (status, answer) = if is_known { answer(path, body, shared) } else { ("401 Unauthorized", json!({"title": "no token"})) };
    let answer = answer.to_string();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len())
}

fn answer(path: &str, body: Value, (seen, changed): &(Mutex<Seen>, Condvar)) -> (&'static str, Value) {
    let mut seen = seen.lock().unwrap();
    let acknowledged = match path {
        "/api/v1/observer/token" if body["key"] == KEY => return ("200 OK", json!({"token": "a-token", "expires_in_s": 600})),
        "/api/v1/observer/token" => return ("401 Unauthorized", json!({"title": "no such key"})),
        "/api/v1/observer/hello" => {
            let stream = body["stream"].as_str().unwrap().to_owned();
            if seen.streams.last() != Some(&stream) {
                seen.streams.push(stream);
                seen.acknowledged = 0;
                seen.numbers.clear();
            }
            let rules = json!({"addresses": false, "version": 1});
            let welcome = json!({"cluster": "cls_0192f0c1d2e37a4b8c5d6e7f80912a3b", "acknowledged": seen.acknowledged, "redaction": rules,
                "pseudonym_key": "07".repeat(32)});
            changed.notify_all();
            return ("200 OK", welcome);
        }
        "/api/v1/observer/heartbeat" => {
            seen.beats.push(body);
            seen.acknowledged
        }
        "/api/v1/observer/signals" if seen.holds_back => return ("503 Service Unavailable", json!({"title": "held back"})),
        "/api/v1/observer/signals" => {
            for one in body["signals"].as_array().unwrap() {
                let seq = one["seq"].as_u64().unwrap();
                if seq <= seen.acknowledged {
                    seen.again += 1;
                    assert!(seen.numbers.get(&seq).is_none_or(|known| *known == one["signal"]), "{seq} is now {one}");
                    continue;
                }
                assert!(seq == seen.acknowledged + 1 || one["signal"].get("dropped").is_some(), "{seq} after {}", seen.acknowledged);
                seen.acknowledged = seq;
                seen.signals.push(one["signal"].clone());
                seen.numbers.insert(seq, one["signal"].clone());
            }
            seen.acknowledged
        }
        other => panic!("{other}"),
    };
    changed.notify_all();
    ("200 OK", json!({"acknowledged": acknowledged, "list_again": false}))
}
