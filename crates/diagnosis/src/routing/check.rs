//! Checks that a person made by hand: what the command asked, from where, and how it failed.
//!
//! `kubectl exec -n shop web-0 -- nc -zv db 5432` asks for port 5432 of host `db` from pod `shop/web-0`.

use assent_base::{Kind, ObjectRef};
use assent_capture::source::{Cite, QUOTE_BYTES_MAX};
use assent_evidence::address::{self, Address};
use assent_evidence::{Entity, EntityId};

use crate::case::Case;
use crate::finding::Quote;

/// Lines of one output that are looked at.
const LINES_MAX: usize = 400;
/// A round trip within a cluster that takes longer than this is slow.
pub(crate) const SLOW_ROUND_TRIP_MS: f64 = 100.0;

/// How a check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The name is not known.
    NameUnknown,
    /// The other side said that nothing listens.
    Refused,
    /// Nothing came back.
    Timeout,
    /// No route leads there.
    Unreachable,
    /// The connection broke.
    Reset,
    /// A policy of a mesh or proxy refused it.
    Forbidden,
    /// TLS failed.
    Tls,
    /// The answer was a server's error.
    ServerError,
    /// The answer came late.
    Slow,
}

impl Outcome {
    /// The word that a finding carries.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::NameUnknown => "name_unknown",
            Outcome::Refused => "refused",
            Outcome::Timeout => "timeout",
            Outcome::Unreachable => "unreachable",
            Outcome::Reset => "reset",
            Outcome::Forbidden => "forbidden",
            Outcome::Tls => "tls",
            Outcome::ServerError => "server_error",
            Outcome::Slow => "slow",
        }
    }
}

/// What tools print when they fail, most telling first.
const WORDS: &[(Outcome, &[&str])] = &[
    (Outcome::Forbidden, &["rbac: access denied"]),
    (
        Outcome::NameUnknown,
        &[
            "could not resolve",
            "bad address",
            "nxdomain",
            "name or service not known",
            "can't find",
            "can't resolve",
            "no such host",
            "name does not resolve",
            "temporary failure in name resolution",
            "unknown host",
            "unable to resolve",
            "couldn't resolve",
            "nodename nor servname",
        ],
    ),
    (Outcome::Timeout, &["timed out", "timeout", "100% packet loss", "no servers could be reached", "no response", "deadline exceeded"]),
    (Outcome::Unreachable, &["no route to host", "network is unreachable", "host is unreachable", "host unreachable"]),
    (
        Outcome::Tls,
        &["ssl certificate", "ssl routines", "tls handshake", "certificate verify", "certificate has expired", "wrong version number"],
    ),
    (Outcome::Reset, &["reset by peer", "empty reply from server", "unexpected eof"]),
    (Outcome::Refused, &["connection refused", "refused", "couldn't connect to server"]),
    (
        Outcome::ServerError,
        &[
            "upstream connect error",
            "no healthy upstream",
            "502 bad gateway",
            "503 service",
            "504 gateway",
            "500 internal server error",
            "http/1.1 500",
            "http/1.1 502",
            "http/1.1 503",
            "http/1.1 504",
            "http/2 500",
            "http/2 502",
            "http/2 503",
            "http/2 504",
            "server error",
            "error: 503",
            "error: 502",
            "error: 504",
        ],
    ),
];

const CONNECTING: [&str; 9] = ["nc", "ncat", "netcat", "telnet", "curl", "wget", "grpcurl", "openssl", "ping"];
const NAMING: [&str; 4] = ["nslookup", "dig", "host", "getent"];
const CLIENTS: [&str; 6] = ["psql", "pg_isready", "redis-cli", "mysql", "mysqladmin", "mongosh"];

/// A check and how it went.
#[derive(Debug, Clone)]
pub(crate) struct Check<'g> {
    /// The tool.
    pub(crate) tool: &'static str,
    /// What was asked for.
    pub(crate) target: Address,
    /// The pod that it was asked from, if it is captured.
    pub(crate) from: Option<Entity<'g>>,
    /// The namespace that it was asked from.
    pub(crate) namespace: Option<String>,
    /// How it failed.
    pub(crate) outcome: Outcome,
    /// The words.
    pub(crate) quote: Quote,
    /// What it is about: the Service, pod or node that was asked for, or who asked.
    pub(crate) on: EntityId,
    /// Whether `on` is what was asked for.
    pub(crate) resolved: bool,
}

impl Check<'_> {
    /// Whether a name was asked for, and no connection.
    pub(crate) fn is_of_name(&self) -> bool {
        NAMING.contains(&self.tool)
    }

    /// `db:5432`
    pub(crate) fn asked(&self) -> String {
        self.target.port.map_or_else(|| self.target.host.clone(), |port| format!("{}:{port}", self.target.host))
    }
}

/// A command, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// The namespace that kubectl was told.
    pub(crate) namespace: Option<String>,
    /// What `kubectl exec` ran in: `web-0`, `deploy/web`.
    pub(crate) inside: Option<String>,
    /// The machine that `ssh` went to.
    pub(crate) machine: Option<String>,
    /// The words from the tool on.
    pub(crate) words: Vec<String>,
}

/// Takes a command apart.
pub(crate) fn command(text: &str) -> Command {
    let clean = |word: &str| word.trim_matches(['\'', '"', '`', ';', '(', ')']).to_owned();
    let words: Vec<String> = text.split_whitespace().take(200).map(clean).filter(|word| !word.is_empty()).collect();
    let mut parsed = Command::default();
    let mut index = 0;
    let mut verb = None;
    let (mut cluster, mut within) = (false, false);
    while let Some(word) = words.get(index) {
        let next = words.get(index + 1);
        let tool = word.rsplit('/').next().unwrap_or(word);
        if let Some(value) = word.strip_prefix("--namespace=") {
            parsed.namespace = Some(value.to_owned());
        } else if matches!(word.as_str(), "-n" | "--namespace") && cluster && !within {
            parsed.namespace = next.cloned();
            index += 1;
        } else if matches!(word.as_str(), "kubectl" | "oc") {
            cluster = true;
        } else if cluster && verb.is_none() && !word.starts_with('-') {
            verb = Some(word.clone());
        } else if word == "ssh" {
            let machine = words.iter().skip(index + 1).find(|word| !word.starts_with('-') && !word.contains('='));
            parsed.machine = machine.map(|word| word.rsplit('@').next().unwrap_or(word).to_owned());
        } else if word == "--" {
            within = true;
        } else if cluster && !within && matches!(word.as_str(), "-c" | "--container") {
            index += 1;
        } else if verb.as_deref() == Some("exec") && parsed.inside.is_none() && !word.starts_with('-') {
            parsed.inside = Some(word.clone());
        } else if verb.as_deref() == Some("debug") && word.starts_with("node/") {
            parsed.machine = word.strip_prefix("node/").map(str::to_owned);
        } else if is_tool(tool) {
            parsed.words = std::iter::once(tool.to_owned()).chain(words.iter().skip(index + 1).cloned()).collect();
            break;
        }
        index += 1;
    }
    parsed
}

fn is_tool(word: &str) -> bool {
    CONNECTING.contains(&word)
        || NAMING.contains(&word)
        || CLIENTS.contains(&word)
        || matches!(word, "systemctl" | "journalctl" | "service" | "timedatectl" | "chronyc")
}

/// The address that a tool's words ask for.
fn target(words: &[String]) -> Option<Address> {
    let tool = words.first()?.as_str();
    let value_of = |flags: &[&str]| words.iter().position(|word| flags.contains(&word.as_str())).and_then(|at| words.get(at + 1));
    if tool == "openssl" {
        return address::in_value(value_of(&["-connect"])?, true).into_iter().next();
    }
    if CLIENTS.contains(&tool) {
        let mut own = address::in_value(value_of(&["-h", "--host"])?, true).into_iter().next()?;
        own.port = own.port.or_else(|| value_of(&["-p", "-P", "--port"])?.parse().ok());
        return Some(own);
    }
    let valued: &[&str] = match tool {
        "curl" => &["-X", "-H", "-d", "-o", "-w", "-m", "-u", "-A", "--max-time", "--connect-timeout", "-e", "--retry"],
        "wget" => &["-T", "-t", "-O", "--timeout", "--tries"],
        "ping" => &["-c", "-W", "-i", "-w", "-s"],
        _ => &["-w", "-i", "-W", "-type", "-t"],
    };
    let mut skip = false;
    let mut found: Option<Address> = None;
    for word in words.iter().skip(1) {
        if skip || word.starts_with('-') || word.starts_with(['@', '%', '|', '>', '&']) || matches!(word.as_str(), "hosts" | "ahosts") {
            if word.starts_with(['|', '>', '&']) {
                break;
            }
            skip = !skip && valued.contains(&word.as_str());
            continue;
        }
        match &mut found {
            None => found = address::in_value(word, true).into_iter().next(),
            Some(own) => {
                own.port = own.port.or_else(|| word.parse().ok().filter(|port| *port != 0));
                break;
            }
        }
    }
    found
}

/// Every check of a case that failed.
pub(crate) fn checks<'g>(case: &Case<'g>) -> Vec<Check<'g>> {
    let mut found = Vec::new();
    for output in &case.graph.set.outputs {
        let parsed = command(&output.command);
        let Some(tool) =
            parsed.words.first().and_then(|word| CONNECTING.iter().chain(&NAMING).chain(&CLIENTS).find(|own| *own == word).copied())
        else {
            continue;
        };
        let Some(target) = target(&parsed.words) else { continue };
        let from = parsed.inside.as_deref().and_then(|inside| pod_named(case, parsed.namespace.as_deref(), inside));
        let namespace = from.and_then(|pod| pod.namespace().map(str::to_owned)).or(parsed.namespace);
        let Some((outcome, start, len)) = outcome(case, output, tool) else { continue };
        let asked = super::address::resolve(case, &target.host, namespace.as_deref()).or_else(|| node_named(case, &target.host));
        let fallback = from.or_else(|| case.graph.find(&ObjectRef::new(Kind::Namespace, None, namespace.as_deref().unwrap_or("default"))));
        let dns = (NAMING.contains(&tool) && outcome != Outcome::NameUnknown).then(|| super::address::cluster_dns(case)).flatten();
        let Some(on) = dns.or(asked).or(fallback) else { continue };
        let cite = Cite { source: output.source, start, len };
        let quote = Quote { cite, about: on.id, time: None };
        found.push(Check { tool, target, from, namespace, outcome, quote, on: on.id, resolved: asked.is_some() || dns.is_some() });
    }
    found
}

/// A pod or the first pod of a workload, as `kubectl exec` names it.
fn pod_named<'g>(case: &Case<'g>, namespace: Option<&str>, word: &str) -> Option<Entity<'g>> {
    let (kind, name) = word.split_once('/').map_or((Kind::Pod, word), |(kind, name)| (Kind::from_word(kind).unwrap_or(Kind::Pod), name));
    let fits = |entity: &Entity<'g>| entity.name() == name && (namespace.is_none() || entity.namespace() == namespace);
    case.graph.entities_of_kind(&kind).find(fits)
}

/// A node by its name or one of its addresses.
pub(crate) fn node_named<'g>(case: &Case<'g>, word: &str) -> Option<Entity<'g>> {
    case.graph
        .entities_of_kind(&Kind::Node)
        .find(|node| node.name() == word || node.at("status/addresses").items().any(|address| address.get("address").is(word)))
}

/// The first line that tells a failure, as (outcome, start, length).
fn outcome(case: &Case<'_>, output: &assent_capture::set::Output, tool: &str) -> Option<(Outcome, u64, u32)> {
    let lines = lines(case, output);
    let resolved = NAMING.contains(&tool)
        && lines.iter().any(|(_, line)| line.starts_with("Name:") || line.contains("status: NOERROR") || line.contains(" has address "));
    let mut best: Option<(usize, Outcome, u64, u32)> = None;
    for (start, line) in &lines {
        let lower = line.to_ascii_lowercase();
        let opened = lower.contains("open") && (lower.contains("succeeded") || lower.ends_with("open"));
        if opened || lower.contains("succeeded!") {
            return None;
        }
        let rank = WORDS.iter().position(|(_, words)| words.iter().any(|word| lower.contains(word)));
        let code = matches!(lower.trim(), "500" | "502" | "503" | "504").then_some(Outcome::ServerError);
        let none = (lower.trim() == "000").then_some(Outcome::Unreachable);
        let slow = round_trip_ms(&lower).filter(|ms| *ms >= SLOW_ROUND_TRIP_MS).map(|_| Outcome::Slow);
        let told = rank.and_then(|rank| Some((rank, WORDS.get(rank)?.0))).or_else(|| code.or(none).or(slow).map(|own| (WORDS.len(), own)));
        if let Some((rank, outcome)) = told
            && !(resolved && outcome == Outcome::NameUnknown)
            && best.as_ref().is_none_or(|(own, ..)| rank < *own)
        {
            best = Some((rank, outcome, *start, u32::try_from(line.len().min(QUOTE_BYTES_MAX)).unwrap_or(0)));
        }
    }
    best.map(|(_, outcome, start, len)| (outcome, start, len))
}

/// The mean round trip that `ping` prints, or the time that `curl -w` was asked for, in milliseconds.
pub(crate) fn round_trip_ms(line: &str) -> Option<f64> {
    if let Some((_, figures)) = line.split_once("min/avg/max") {
        return figures.split_once('=')?.1.trim().split('/').nth(1)?.trim().parse().ok();
    }
    let (_, rest) = line.split_once("time_connect").or_else(|| line.split_once("time_total"))?;
    let figure: String = rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    figure.parse::<f64>().ok().map(|seconds| seconds * 1000.0)
}

/// The lines of an output that are not blank, with where they start.
pub(crate) fn lines<'g>(case: &Case<'g>, output: &assent_capture::set::Output) -> Vec<(u64, &'g str)> {
    let Some(source) = case.graph.set.source(output.source) else { return Vec::new() };
    let mut start = output.start;
    let end = output.start.saturating_add(output.len);
    let from = usize::try_from(start).unwrap_or(usize::MAX);
    let to = usize::try_from(end).unwrap_or(usize::MAX).min(source.text().len());
    let Some(text) = source.text().get(from..to) else { return Vec::new() };
    let mut found = Vec::new();
    for line in text.split_inclusive('\n').take(LINES_MAX) {
        let own = line.trim_end();
        let indent = own.len() - own.trim_start().len();
        let kept = own.get(indent..own.floor_char_boundary(indent + QUOTE_BYTES_MAX)).unwrap_or_default();
        if !kept.is_empty() {
            found.push((start + indent as u64, kept));
        }
        start += line.len() as u64;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<(String, Option<u16>)> {
        target(&command(text).words).map(|address| (address.host, address.port))
    }

    #[test]
    fn commands_tell_what_they_ask_for_and_from_where() {
        let parsed = command("kubectl exec -n shop -it deploy/web -c app -- nc -zv -w 3 db.data 5432");
        assert_eq!((parsed.namespace.as_deref(), parsed.inside.as_deref()), (Some("shop"), Some("deploy/web")));
        assert_eq!(target(&parsed.words), Some(Address { host: "db.data".to_owned(), port: Some(5432) }));
        assert_eq!(asked("curl -sS -m 5 -o /dev/null http://web.shop:8080/healthz"), Some(("web.shop".to_owned(), Some(8080))));
        assert_eq!(asked("kubectl exec web-0 -- sh -c 'wget -qO- -T 3 http://api/health'"), Some(("api".to_owned(), None)));
        assert_eq!(asked("nslookup db.shop.svc.cluster.local 10.96.0.10"), Some(("db.shop.svc.cluster.local".to_owned(), None)));
        assert_eq!(asked("openssl s_client -connect api:443 -servername api"), Some(("api".to_owned(), Some(443))));
        assert_eq!(asked("redis-cli -h cache -p 6379 ping"), Some(("cache".to_owned(), Some(6379))));
        assert_eq!(command("ssh -o X=y root@worker-1 systemctl status kubelet").machine.as_deref(), Some("worker-1"));
        assert_eq!(asked("kubectl get pods -n shop"), None);
    }

    #[test]
    fn round_trips_are_read_from_what_ping_and_curl_print() {
        assert_eq!(round_trip_ms("rtt min/avg/max/mdev = 201.1/203.4/210.0/2.1 ms"), Some(203.4));
        assert_eq!(round_trip_ms("round-trip min/avg/max = 0.1/0.2/0.3 ms"), Some(0.2));
        assert_eq!(round_trip_ms("time_connect: 1.250"), Some(1250.0));
        assert_eq!(round_trip_ms("all is well"), None);
    }
}
