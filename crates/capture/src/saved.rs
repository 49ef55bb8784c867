//! What a kept capture says of itself: when it was taken, and what was listed whole.
//!
//! `assent investigate --save` writes the sources of a live capture as files of an archive, and this beside them, so that reading
//! the archive gives the same graph as the cluster gave.
//! Errors: a text that is not of this form is a problem of the set, and the files are read without it.

use assent_base::{Kind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::set::{CaptureSet, Listed, Problem};

/// The name of the file, at the root of the archive.
pub const FILE_NAME: &str = "assent-capture.json";
/// The version of its form.
pub const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken_at: Option<Timestamp>,
    listed: Vec<Scope>,
    problems: Vec<Trouble>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trouble {
    place: String,
    what: String,
}

/// What a set says of itself, as the text of the file.
///
/// # Errors
/// None in practice: strings and instants always serialize.
pub fn write(set: &CaptureSet) -> Result<String, serde_json::Error> {
    let listed =
        set.listed.iter().map(|listed| Scope { kind: listed.kind.to_string(), namespace: listed.namespace.as_deref().map(str::to_owned) });
    let problems = set.problems.iter().map(|problem| Trouble { place: problem.place.to_string(), what: problem.what.to_string() });
    serde_json::to_string_pretty(&Saved {
        version: VERSION,
        taken_at: set.taken_at,
        listed: listed.collect(),
        problems: problems.collect(),
    })
}

/// Takes over what the file says.
pub(crate) fn read(set: &mut CaptureSet, path: &str, text: &str) {
    match serde_json::from_str::<Saved>(text) {
        Ok(saved) if saved.version == VERSION => {
            set.taken_at = set.taken_at.or(saved.taken_at);
            let listed =
                saved.listed.into_iter().map(|scope| Listed { kind: Kind::named(&scope.kind), namespace: scope.namespace.map(Into::into) });
            set.listed.extend(listed);
            set.problems
                .extend(saved.problems.into_iter().map(|trouble| Problem { place: trouble.place.into(), what: trouble.what.into() }));
        }
        Ok(saved) => set.problem(path, format!("not read: it is of version {}, and this program reads version {VERSION}", saved.version)),
        Err(error) => set.problem(path, format!("not read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut set = CaptureSet { taken_at: "2026-03-01T12:00:00Z".parse().ok(), ..CaptureSet::default() };
        set.listed.insert(Listed { kind: Kind::Pod, namespace: None });
        set.listed.insert(Listed { kind: Kind::ConfigMap, namespace: Some("shop".into()) });
        set.problem("api/v1/nodes", "not allowed");
        let mut again = CaptureSet::default();
        read(&mut again, FILE_NAME, &write(&set).unwrap());
        assert_eq!((again.taken_at, again.listed, again.problems), (set.taken_at, set.listed, set.problems));
    }

    #[test]
    fn another_version_is_not_guessed_at() {
        let mut set = CaptureSet::default();
        read(&mut set, FILE_NAME, r#"{"version": 2, "listed": [], "problems": []}"#);
        assert!(set.problems.iter().any(|problem| problem.what.contains("version 2")));
    }
}
