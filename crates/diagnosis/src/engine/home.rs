//! Whose report it is, when an input holds more than is asked about: a namespace with what it reaches.

use assent_base::{Kind, ObjectRef};
use assent_evidence::EntityId;

use super::Ranked;
use crate::case::Case;
use crate::finding::Severity;

/// The part of an input that a report is about. The rest explains it, and gets reports of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// All of it.
    Everything,
    /// One namespace.
    Namespace(Box<str>),
    /// What belongs to no namespace.
    Cluster,
}

impl Home {
    /// Whether an object is of this part.
    #[must_use]
    pub fn holds(&self, object: &ObjectRef) -> bool {
        match self {
            Home::Everything => true,
            Home::Namespace(own) => object.namespace() == Some(own) || (object.kind == Kind::Namespace && object.name == *own),
            Home::Cluster => object.namespace().is_none() && object.kind != Kind::Namespace,
        }
    }

    /// Keeps the causes that are of this part, rest on words about it, or explain what is wrong in it. What is wrong elsewhere, and is
    /// not explained by these, becomes a notice.
    pub(super) fn keep(&self, case: &mut Case<'_>, ranked: &mut Vec<Ranked>) {
        if *self == Home::Everything {
            return;
        }
        let own = |id: EntityId| self.holds(case.entity(id).reference());
        ranked.retain(|one| {
            let candidate = &one.candidate;
            let mut explained = candidate.explains.iter().filter_map(|index| case.findings.get(*index));
            own(candidate.on) || explained.any(|finding| own(finding.on)) || candidate.quotes.iter().any(|quote| own(quote.about))
        });
        let told = |index: &usize| ranked.iter().any(|one| one.candidate.explains.contains(index));
        let elsewhere: Vec<usize> =
            case.findings.iter().enumerate().filter(|(_, finding)| !own(finding.on)).map(|(index, _)| index).collect();
        let elsewhere: Vec<usize> = elsewhere.into_iter().filter(|index| !told(index)).collect();
        for index in elsewhere {
            if let Some(finding) = case.findings.get_mut(index) {
                finding.severity = Severity::Notice;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_holds_its_objects_and_itself() {
        let home = Home::Namespace("shop".into());
        assert!(home.holds(&ObjectRef::new(Kind::Pod, Some("shop"), "a")) && home.holds(&ObjectRef::new(Kind::Namespace, None, "shop")));
        assert!(!home.holds(&ObjectRef::new(Kind::Pod, Some("bank"), "a")) && !home.holds(&ObjectRef::new(Kind::Node, None, "shop")));
        assert!(Home::Cluster.holds(&ObjectRef::new(Kind::Node, None, "n")));
        assert!(!Home::Cluster.holds(&ObjectRef::new(Kind::Namespace, None, "shop")));
    }
}
