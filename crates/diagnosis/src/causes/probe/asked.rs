//! What a probe asks, as its specification and the kubelet's message tell, and where the program says that it listens.

use assent_capture::tree::At;
use assent_evidence::Entity;

use crate::case::Case;
use crate::finding::Finding;
use crate::said::{self, Said};

/// A probe of a container.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe<'g> {
    /// `Liveness`, `Readiness` or `Startup`.
    pub(super) kind: &'static str,
    /// Its specification, if captured.
    pub(super) spec: Option<At<'g>>,
    /// Its container's specification, if captured.
    pub(super) container: Option<At<'g>>,
    /// The object that holds both.
    pub(super) holder: Entity<'g>,
}

const KINDS: [(&str, &str); 3] = [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")];

impl<'g> Probe<'g> {
    /// The probe that a message is about; a readiness probe when it says none.
    pub(super) fn of(case: &Case<'g>, finding: &Finding, message: &str) -> Self {
        let (kind, field) = KINDS
            .into_iter()
            .find(|(kind, _)| message.starts_with(kind) || &*finding.reason == *kind)
            .unwrap_or(("Readiness", "readinessProbe"));
        let (pod, owner) = (case.entity(finding.on), case.owner(finding.on));
        let holder = if pod.pod_spec().exists() { pod } else { owner };
        let own = said::container_of(case, finding);
        // Text names no container for an event; the only one with such a probe is meant.
        let container = own.filter(|container| container.get(field).exists()).or_else(|| {
            let mut with = holder.pod_spec().get("containers").items().filter(|container| container.get(field).exists());
            with.next().filter(|_| finding.container.is_none() && with.next().is_none())
        });
        let spec = container.map(|container| container.get(field)).filter(At::exists);
        Self { kind, spec, container: container.or(own), holder }
    }

    /// The port's specification, for citing.
    pub(super) fn port_at(&self) -> Option<At<'g>> {
        let spec = self.spec?;
        ["httpGet/port", "tcpSocket/port", "grpc/port"].into_iter().map(|path| spec.at(path)).find(At::exists)
    }

    /// The port that is asked: by number, by name through the container's ports, or as the message has it.
    pub(super) fn port(&self, message: &str) -> Option<i64> {
        let stated = self.port_at().and_then(|at| {
            at.int().or_else(|| {
                self.ports().into_iter().find(|port| at.text().is_some_and(|name| port.get("name").is(name)))?.get("containerPort").int()
            })
        });
        stated.or_else(|| port_in(message))
    }

    /// The ports that the container declares.
    pub(super) fn ports(&self) -> Vec<At<'g>> {
        self.container.map(|container| container.get("ports").items().collect()).unwrap_or_default()
    }

    /// The path that is asked.
    pub(super) fn path(&self) -> Option<At<'g>> {
        self.spec.map(|spec| spec.at("httpGet/path")).filter(At::exists)
    }

    /// A figure of the specification, or its default.
    pub(super) fn figure(&self, field: &str, default: i64) -> i64 {
        self.spec.and_then(|spec| spec.get(field).int()).unwrap_or(default)
    }

    /// Seconds from the start of a container until this probe has it killed.
    pub(super) fn patience_s(&self) -> i64 {
        let rounds = self.figure("failureThreshold", 3).clamp(1, 10_000).saturating_sub(1);
        let period = self.figure("periodSeconds", 10).clamp(1, 86_400);
        self.figure("initialDelaySeconds", 0).clamp(0, 86_400).saturating_add(rounds.saturating_mul(period))
    }
}

/// The port in `Get "http://10.1.2.3:8081/ready"` or `dial tcp 10.1.2.3:8081: connect`.
fn port_in(message: &str) -> Option<i64> {
    let (_, rest) = message.split_once("dial tcp ").or_else(|| message.split_once("://"))?;
    let (_, port) = rest.split([' ', '/', '"']).next()?.trim_end_matches(':').rsplit_once(':')?;
    port.parse().ok().filter(|port| (1..=65_535).contains(port))
}

/// A port that the program says it listens on, and the line.
pub(super) fn listens_on(case: &Case<'_>, finding: &Finding) -> Option<(i64, Said)> {
    const MARKS: &[&str] = &[
        "listening",
        "listen on",
        "started on port",
        "port(s)",
        "running on",
        "running at",
        "serving",
        "server started",
        "bound to",
        "accepting connections",
    ];
    let lines = said::printed(case, finding);
    lines.into_iter().filter(|said| said.has(MARKS) && !said.has(&["error", "failed", "metrics", "debug", "admin"])).find_map(|said| {
        let port = port_in_line(&said.text)?;
        Some((port, said))
    })
}

/// The last `:8080`, `port 8080` or `port(s): 8080` of a line.
fn port_in_line(line: &str) -> Option<i64> {
    let low = line.to_ascii_lowercase();
    let number = |rest: &str| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let ends = rest.chars().nth(digits.len()).is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.' && c != ':');
        digits.parse::<i64>().ok().filter(|port| ends && digits.len() >= 2 && (80..=65_535).contains(port))
    };
    let after = |mark: &str| low.match_indices(mark).filter_map(|(at, _)| number(low.get(at + mark.len()..)?)).last();
    ["port(s): ", "port ", "port: ", "port=", "\"port\":"].into_iter().find_map(after).or_else(|| {
        // A clock's `12:34:56` has a colon behind its figures, or two figures only.
        low.match_indices(':')
            .filter_map(|(at, _)| number(low.get(at + 1..)?))
            .rfind(|port| *port >= 100 || low.ends_with(&format!(":{port}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_message_and_of_a_log_line_is_read() {
        assert_eq!(
            port_in(r#"Readiness probe failed: Get "http://10.1.2.3:8081/ready": dial tcp 10.1.2.3:8081: connect: connection refused"#),
            Some(8081)
        );
        assert_eq!(port_in("dial tcp 10.1.2.3:5432: i/o timeout"), Some(5432));
        assert_eq!(port_in("HTTP probe failed with statuscode: 503"), None);
        assert_eq!(port_in_line("2026-03-01 11:58:12 listening on :8080"), Some(8080));
        assert_eq!(port_in_line("Tomcat started on port(s): 8090 (http) with context path ''"), Some(8090));
        assert_eq!(port_in_line("Server running at http://0.0.0.0:3000/"), Some(3000));
        assert_eq!(port_in_line("11:58:12 serving requests"), None);
    }
}
