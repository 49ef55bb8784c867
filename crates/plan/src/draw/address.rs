//! The value of a setting with the address of an existing Service in place of one that does not answer.
//!
//! The whole value follows from what stands there and from the Service, so nobody who proposes it chooses a single character.

use assent_base::Kind;
use assent_evidence::address::{self, Address};
use assent_evidence::{Entity, Graph};

use super::Refused;
use crate::action::Origin;
use crate::domain::PortNumber;

/// Checks that a proposed value is what [`replaced`] makes of the present one for some address in it.
pub(super) fn check(graph: &Graph, of: Entity<'_>, (key, now, wanted): (&str, &str, &str), origin: &Origin) -> Result<(), Refused> {
    let Origin::Service { namespace, name, port } = origin else {
        return Err(Refused::Value("the value names no Service".to_owned()));
    };
    let service = graph
        .object(Kind::Service, Some(namespace), name)
        .ok_or_else(|| Refused::Value(format!("there is no Service {namespace}/{name}")))?;
    if port.is_some_and(|port| !has_port(service, port)) {
        return Err(Refused::Value(format!("{} has no such port", service.reference())));
    }
    let addresses = address::in_value(now, address::key_names_host(key));
    let fits = addresses.iter().any(|old| replaced(now, old, service, of.namespace(), *port).as_deref() == Some(wanted));
    if fits {
        Ok(())
    } else {
        Err(Refused::Value(format!("the value of `{key}` is not the present one with the address of {}", service.reference())))
    }
}

/// Whether a Service has this port.
pub(crate) fn has_port(service: Entity<'_>, port: PortNumber) -> bool {
    service.at("spec/ports").items().any(|own| own.get("port").int() == Some(i64::from(port.get())))
}

/// A value in which one address is another Service's. The form of the host stays: short names stay short inside one namespace.
#[must_use]
pub(crate) fn replaced(now: &str, old: &Address, service: Entity<'_>, from: Option<&str>, port: Option<PortNumber>) -> Option<String> {
    let namespace = service.namespace()?;
    let rest: Vec<&str> = old.host.split('.').skip(2).collect();
    let host = match (old.host.contains('.'), from == Some(namespace)) {
        (false, true) => service.name().to_owned(),
        (false, false) => format!("{}.{namespace}", service.name()),
        (true, _) => [&[service.name(), namespace][..], &rest].concat().join("."),
    };
    let (before, after) = match (old.port, port) {
        (Some(before), Some(after)) => (format!("{}:{before}", old.host), format!("{host}:{after}")),
        (Some(before), None) => (format!("{}:{before}", old.host), format!("{host}:{before}")),
        (None, None) => (old.host.clone(), host),
        (None, Some(_)) => return None,
    };
    let found: Vec<usize> = whole_matches(now, &before);
    // Twice in one value is a list of peers, and which of them is meant nobody can say.
    let [start] = found.as_slice() else { return None };
    Some(format!("{}{after}{}", now.get(..*start)?, now.get(start + before.len()..)?))
}

/// Where a host stands in a value as a whole word.
fn whole_matches(text: &str, word: &str) -> Vec<usize> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(word)
        .filter(|(start, _)| {
            let before = text.get(..*start).and_then(|head| head.chars().next_back());
            let after = text.get(start + word.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(inner) && !after.is_some_and(inner)
        })
        .map(|(start, _)| start)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_hosts_are_found() {
        assert_eq!(whole_matches("tcp://db:5432/db-x", "db"), [6]);
        assert_eq!(whole_matches("mydb:1,db.x:2", "db"), Vec::<usize>::new());
    }
}
