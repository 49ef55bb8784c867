//! Dependencies that a workload's log complains of: not there, not answering, refusing, or slow.
//!
//! The log names a host and a port; the graph says which Service that is, and the workload's settings where the name comes from. The
//! workload is the entity, and the Service is blamed: where the Service has trouble of its own, that takes over.

use assent_base::Kind;
use assent_evidence::{Entity, Relation, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::causes::change;
use crate::complaint::{self, Said};
use crate::finding::{Quote, Symptom};
use crate::logs::{Signal, duration_ms};

mod catalogue;
pub mod peer;

use peer::Peer;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for said in complaint::decisive(case) {
        if let Some(candidate) = of(case, &said) {
            out.push(change::annotate(case, candidate));
        }
    }
    slow_spans(case, out);
}

/// What a signal means as a cause of this family.
fn cause_of(said: &Said<'_, '_>, peer: Option<&Peer<'_>>) -> Option<&'static str> {
    let text = said.complaint.signal.text;
    Some(match said.complaint.means {
        Signal::ConnectionRefused
        | Signal::ConnectionTimeout
        | Signal::NoRouteToHost
        | Signal::ConnectionReset
        | Signal::BadGateway
        | Signal::ServiceUnavailable
        | Signal::DeadlineExceeded
        | Signal::BrokerUnavailable
            if peer.is_some_and(|peer| peer.other_ports().is_some()) =>
        {
            "dependency.wrong_port"
        }
        Signal::ConnectionRefused | Signal::ConnectionTimeout | Signal::NoRouteToHost | Signal::ConnectionReset => "dependency.unreachable",
        Signal::BadGateway | Signal::ServiceUnavailable => {
            if peer.is_some() {
                "dependency.unreachable"
            } else {
                "dependency.server_error"
            }
        }
        Signal::DnsFailure
            if peer.is_some_and(|peer| peer.service.is_some()) || is_passing(text) && peer.is_none_or(|peer| peer.absent.is_none()) =>
        {
            "dependency.unreachable"
        }
        Signal::DnsFailure => "dependency.host_unknown",
        Signal::AuthRefused => "dependency.credentials_refused",
        Signal::DatabaseMissing => "dependency.database_missing",
        Signal::SchemaMissing => "dependency.schema_missing",
        Signal::DatabaseReadOnly => "dependency.database_read_only",
        Signal::TooManyConnections => "dependency.too_many_connections",
        Signal::PoolExhausted if peer.is_some_and(|peer| peer.in_log && said.complaint.is_repeated() && text.contains("tried:")) => {
            "dependency.unreachable"
        }
        Signal::PoolExhausted => "dependency.pool_exhausted",
        Signal::DatabaseStarting => "dependency.starting",
        Signal::BrokerUnavailable => "dependency.broker_unavailable",
        Signal::TopicMissing => "dependency.topic_missing",
        Signal::RateLimited if peer.is_some_and(|peer| peer.in_log) => "dependency.rate_limited",
        Signal::DeadlineExceeded => "dependency.timeout",
        Signal::EndpointMissing if said.complaint.target.is_some() => "dependency.endpoint_missing",
        Signal::ServerError if said.complaint.target.is_some() => "dependency.server_error",
        Signal::QuorumLost => "dependency.quorum_lost",
        Signal::ProtocolMismatch => "dependency.protocol_mismatch",
        Signal::SlowQuery => "dependency.slow_database",
        Signal::SlowRequest if speaks_of_database(text) => "dependency.slow_database",
        Signal::SlowRequest if said.complaint.target.is_some() => "dependency.slow",
        _ => return None,
    })
}

/// A resolver that did not answer says nothing of the name.
fn is_passing(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["temporary failure", "eai_again", "i/o timeout", "servfail", "server misbehaving", "try again", "timed out"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether words tell of a database.
#[must_use]
pub fn speaks_of_database(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["database", "db call", "db query", "query", " sql", "select ", "insert into", "update ", "jdbc", "postgres", "mysql", "mongo"]
        .iter()
        .any(|word| lower.contains(word))
}

fn of<'g>(case: &Case<'g>, said: &Said<'_, 'g>) -> Option<Candidate> {
    let one = &said.complaint;
    let peer = Peer::of(case, said.owner, one);
    let cause = cause_of(said, peer.as_ref())?;
    let mut on = said.owner;
    // The database is at fault, not whoever it turned away: its workload, where the input holds it.
    if cause == "dependency.too_many_connections"
        && let Some(server) = peer.as_ref().and_then(|peer| peer.service)
    {
        on = server.to(Relation::Selects).map(|entity| entity.top_owner()).find(|entity| entity.kind().is_workload()).unwrap_or(server);
    }
    let says = statement(case, cause, said, peer.as_ref());
    let mut candidate = Candidate::new(cause, on.id, strength(case, cause, said, peer.as_ref()), says)
        .quote([one.quote(case)])
        .explain(said.explains.clone());
    if on != said.owner {
        candidate =
            candidate.step(said.owner.id, format!("{} is turned away: \"{}\"", said.owner.reference(), one.words()), [one.quote(case)]);
    }
    if let Some(peer) = &peer {
        candidate = peer.join(candidate);
        if cause == "dependency.wrong_port" {
            let ports = peer.other_ports().unwrap_or_default();
            candidate = candidate.quote(ports.into_iter().zip(peer.service).filter_map(|(at, service)| case.quote(at, service)));
        }
        let port = peer.port.and_then(|port| peer::port_setting(case, said.owner, port));
        candidate = candidate.quote(port.and_then(|setting| case.quote(setting.at, case.entity(setting.holder))));
    }
    if let Some(word) = one.field("database").or_else(|| one.field("topic")) {
        let setting = peer::setting_with(case, said.owner, word);
        candidate = candidate.quote(setting.and_then(|setting| case.quote(setting.at, case.entity(setting.holder))));
    }
    if cause == "dependency.credentials_refused" {
        candidate = candidate.quote(credentials(case, said.owner).into_iter().map(|(_, quote)| quote));
    }
    if cause == "dependency.unreachable" && one.means == Signal::DnsFailure {
        for dns in ["kube-dns", "coredns", "rke2-coredns-rke2-coredns"] {
            let service = case.graph.object(Kind::Service, Some("kube-system"), dns);
            candidate = service.into_iter().fold(candidate, |candidate, service| candidate.blame(service.id));
        }
    }
    Some(next_steps(rule_out(candidate, cause, said, one.quote(case)), cause, said.owner, peer.as_ref()))
}

fn strength(case: &Case<'_>, cause: &str, said: &Said<'_, '_>, peer: Option<&Peer<'_>>) -> Strength {
    let one = &said.complaint;
    let set = peer.is_some_and(|peer| !peer.settings.is_empty());
    match (cause, peer) {
        ("dependency.wrong_port", _) => Strength::Proven,
        ("dependency.host_unknown", Some(peer)) if peer.absent.is_some() || (peer.is_outside && set) => Strength::Proven,
        // Nothing of that name exists, or the name is set outside of what the cluster serves, and a setting leads there.
        ("dependency.unreachable" | "dependency.broker_unavailable", Some(peer)) if peer.absent.is_some() || (set && peer.is_outside) => {
            Strength::Proven
        }
        ("dependency.unreachable" | "dependency.broker_unavailable", Some(Peer { service: Some(service), .. }))
            if !case.on_with(service.id, &[Symptom::NoEndpoints]).is_empty() =>
        {
            Strength::Proven
        }
        ("dependency.database_missing" | "dependency.topic_missing", _) => {
            let word = one.field("database").or_else(|| one.field("topic"));
            if word.is_some_and(|word| peer::setting_with(case, said.owner, word).is_some()) { Strength::Proven } else { Strength::Logged }
        }
        _ => Strength::Logged,
    }
}

fn statement(case: &Case<'_>, cause: &str, said: &Said<'_, '_>, peer: Option<&Peer<'_>>) -> String {
    let one = &said.complaint;
    let (who, words) = (said.owner.reference(), one.words());
    let whom = match peer {
        Some(peer) => format!("`{}`{}", peer.text, peer.named_by()),
        None => "its dependency".to_owned(),
    };
    let database = one.field("database").or_else(|| one.field("name")).map(|name| format!(" `{name}`")).unwrap_or_default();
    let user = one.field("user").map(|user| format!(" for user `{user}`")).unwrap_or_default();
    match cause {
        "dependency.unreachable" => {
            let how = how(one.means);
            let service = peer.map(|peer| state_of(case, peer)).unwrap_or_default();
            format!("{who} cannot reach {whom}: {how}{service}. Its log says \"{words}\"")
        }
        "dependency.wrong_port" => {
            let ports: Vec<String> = peer.and_then(Peer::other_ports).unwrap_or_default().iter().filter_map(|at| at.scalar()).collect();
            let service = peer.and_then(|peer| peer.service).map(|service| service.reference().to_string()).unwrap_or_default();
            format!("{who} connects to {whom}, but {service} has port {}: the port is wrong. Its log says \"{words}\"", ports.join(", "))
        }
        "dependency.host_unknown" => {
            let absent = peer.and_then(|peer| peer.absent.as_ref());
            let known = absent.map(|reference| format!(": there is no {reference}")).unwrap_or_default();
            let hint = absent
                .and_then(|reference| peer::nearest(case, reference))
                .map(|near| format!("; there is {}", near.reference()))
                .unwrap_or_default();
            format!("{who} asks for the host {whom}, which does not resolve{known}{hint}. Its log says \"{words}\"")
        }
        "dependency.credentials_refused" => {
            let from: Vec<String> = credentials(case, said.owner).into_iter().map(|(told, _)| told).collect();
            let from = if from.is_empty() { String::new() } else { format!("; its credentials are {}", from.join(", ")) };
            format!("The credentials of {who}{user} are refused by {whom}{from}: \"{words}\"")
        }
        "dependency.database_missing" => format!("{who} asks {whom} for the database{database}, which does not exist: \"{words}\""),
        "dependency.schema_missing" => format!("{who} finds a table, column or migration missing in the database at {whom}: \"{words}\""),
        "dependency.database_read_only" => format!("{who} writes to {whom}, which is read-only: \"{words}\""),
        "dependency.too_many_connections" => {
            format!("The database at {whom} has no connection slot left and turns {who} away: \"{words}\"")
        }
        "dependency.pool_exhausted" => format!("The connection pool of {who} to {whom} has no free connection: \"{words}\""),
        "dependency.starting" => format!("{who} depends on {whom}, which is up and not ready yet: \"{words}\""),
        "dependency.slow_database" => format!("Queries to the database take{} in {who}{}: \"{words}\"", span(one), about(peer)),
        "dependency.slow" => format!("Calls of {who} to {whom} take{}: \"{words}\"", span(one)),
        "dependency.broker_unavailable" => {
            let service = peer.map(|peer| state_of(case, peer)).unwrap_or_default();
            format!("{who} reaches no message broker at {whom}{service}: \"{words}\"")
        }
        "dependency.topic_missing" => {
            let topic = one.field("topic").map(|topic| format!(" `{topic}`")).unwrap_or_default();
            format!("{who} uses the topic or queue{topic}, which the broker at {whom} does not have: \"{words}\"")
        }
        "dependency.rate_limited" => format!("The requests of {who} are limited in their rate by {whom}: \"{words}\""),
        "dependency.endpoint_missing" => format!("{who} asks {whom} for a path or method that it does not know: \"{words}\""),
        "dependency.quorum_lost" => format!("The store that {who} uses or is part of has no leader or majority: \"{words}\""),
        "dependency.protocol_mismatch" => format!("{who} and {whom} speak different protocols: \"{words}\""),
        "dependency.timeout" => format!("Calls of {who} to {whom} run out of time: \"{words}\""),
        _ => format!("{who} gets errors from {whom}: \"{words}\""),
    }
}

fn how(means: Signal) -> &'static str {
    match means {
        Signal::ConnectionRefused => "the connection is refused",
        Signal::ConnectionTimeout => "nothing answers in time",
        Signal::NoRouteToHost => "there is no route to the host",
        Signal::ConnectionReset => "connections break",
        Signal::DnsFailure => "its name cannot be resolved now",
        Signal::BadGateway | Signal::ServiceUnavailable => "no usable answer comes back",
        _ => "no connection could be made",
    }
}

fn about(peer: Option<&Peer<'_>>) -> String {
    peer.filter(|peer| peer.in_log).map(|peer| format!(" (`{}`)", peer.text)).unwrap_or_default()
}

/// ` 10.0 s`, where the line says how long it took.
fn span(one: &complaint::Complaint<'_, '_>) -> String {
    match duration_ms(&one.signal.found.fields) {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        Some(ms) => format!(" {:.1} s", ms as f64 / 1000.0),
        None => " long".to_owned(),
    }
}

/// What the graph knows of the Service behind an address.
fn state_of(case: &Case<'_>, peer: &Peer<'_>) -> String {
    match (&peer.service, &peer.absent) {
        (Some(service), _) if !case.on_with(service.id, &[Symptom::NoEndpoints]).is_empty() => {
            format!("; {} has no ready endpoint", service.reference())
        }
        (Some(service), _) if peer.host != service.name() => format!("; it is {}", service.reference()),
        (None, Some(absent)) => {
            let near = peer::nearest(case, absent).map(|near| format!(", but there is {}", near.reference())).unwrap_or_default();
            format!("; there is no {absent}{near}")
        }
        _ => String::new(),
    }
}

/// Where the credentials of a workload come from: `` `DB_PASSWORD` from Secret `db`, key `password` ``.
fn credentials<'g>(case: &Case<'g>, owner: Entity<'g>) -> Vec<(String, Quote)> {
    let mut found = Vec::new();
    for variable in edges::containers(owner.pod_spec()).flat_map(|container| container.get("env").items()) {
        let name = variable.get("name").text_or_empty();
        let upper = name.to_ascii_uppercase();
        let reference = variable.at("valueFrom/secretKeyRef");
        let speaks = ["PASS", "PWD", "TOKEN", "CREDENTIAL", "API_KEY"].iter().any(|word| upper.contains(word));
        if let (true, Some(secret), Some(quote)) = (speaks, reference.get("name").text(), case.quote(reference.get("name"), owner)) {
            found.push((format!("`{name}` from Secret `{secret}`, key `{}`", reference.get("key").text_or_empty()), quote));
        }
    }
    found.truncate(2);
    found
}

fn rule_out(candidate: Candidate, cause: &str, said: &Said<'_, '_>, quote: Quote) -> Candidate {
    match cause {
        "dependency.credentials_refused"
        | "dependency.database_missing"
        | "dependency.schema_missing"
        | "dependency.database_read_only"
        | "dependency.too_many_connections"
        | "dependency.starting" => candidate.not("dependency.unreachable", "the server answered", [quote]),
        "dependency.unreachable" if said.complaint.means == Signal::ConnectionRefused => candidate
            .not("dependency.host_unknown", "the name resolved: a host refused the connection", [quote.clone()])
            .not("dependency.credentials_refused", "no connection stood on which credentials could be refused", [quote]),
        "dependency.wrong_port" => candidate.not("dependency.host_unknown", "the Service of that name exists", [quote]),
        "dependency.host_unknown" => {
            candidate.not("dependency.credentials_refused", "no connection stood on which credentials could be refused", [quote])
        }
        _ => candidate,
    }
}

fn next_steps(candidate: Candidate, cause: &str, owner: Entity<'_>, peer: Option<&Peer<'_>>) -> Candidate {
    let namespace = owner.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let setting = peer.and_then(Peer::setting);
    let candidate = match (cause, setting) {
        ("dependency.wrong_port" | "dependency.host_unknown" | "dependency.unreachable", Some(setting)) => {
            candidate.next(format!("Correct {setting} and restart {}", owner.reference()))
        }
        ("dependency.credentials_refused", _) => {
            candidate.next("Compare the stored credentials with those that the server knows, and renew the Secret")
        }
        ("dependency.schema_missing", _) => candidate.next("Run the pending migrations against this database"),
        ("dependency.too_many_connections", _) => {
            candidate.next("Count the connections by client, and lower the pools or raise the server's limit")
        }
        _ => candidate,
    };
    match peer {
        Some(peer) if matches!(cause, "dependency.unreachable" | "dependency.broker_unavailable" | "dependency.timeout") => {
            let (host, port) = (peer.host.as_str(), peer.port.map(|port| port.to_string()).unwrap_or_else(|| "PORT".to_owned()));
            let candidate =
                candidate.next(format!("Try the connection from the pod: kubectl exec{namespace} POD -- nc -zv -w 3 {host} {port}"));
            match peer.service {
                Some(service) => {
                    let within = service.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
                    candidate.next(format!(
                        "See what stands behind the Service: kubectl get endpointslices{within} -l kubernetes.io/service-name={}",
                        service.name()
                    ))
                }
                None => candidate.next(format!("Find out what should answer at `{}`, and whether it runs", peer.text)),
            }
        }
        _ => candidate,
    }
}

/// Traces whose time goes into a database, or into another service.
fn slow_spans(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::Slow) {
        let words: Vec<&str> = finding
            .quotes
            .iter()
            .filter_map(|quote| case.graph.set.source(quote.cite.source)?.slice(quote.cite.start, quote.cite.len))
            .collect();
        let traced =
            words.iter().any(|words| words.contains("duration") || words.parse::<f64>().is_ok()) && finding.says.starts_with("A request");
        if !traced {
            continue;
        }
        let entity = case.entity(finding.on);
        let statement =
            words.iter().find(|words| words.contains("db.statement") || words.contains("db.query.text")).map(|words| format!(": {words}"));
        let database = statement.is_some() || speaks_of_database(&finding.reason) || finding.reason.to_ascii_lowercase().contains("sql");
        if database {
            let says =
                format!("{}: the database that {} queries is slow{}", finding.says, entity.reference(), statement.unwrap_or_default());
            out.push(
                Candidate::new("dependency.slow_database", finding.on, Strength::Shown, says)
                    .quote(finding.quotes.iter().cloned())
                    .explain([index])
                    .next("Explain the query on the database, and look for a missing index or a lock"),
            );
        } else {
            out.push(
                Candidate::new("app.slow_requests", finding.on, Strength::Shown, finding.says.clone())
                    .quote(finding.quotes.iter().cloned())
                    .explain([index]),
            );
        }
    }
}
