//! The subjects: one for each operation that an observer may call, and none besides.

use assent_api::Access;
use assent_api::operation::{Method, Operation};
use assent_api::operations::{Visitor, visit_all};

/// What subjects begin with unless the configuration says otherwise.
pub const PREFIX: &str = "assent";
/// What every subject that an answer may go to begins with. The platform answers nowhere else, whatever a message asks for.
pub const INBOX: &str = "_INBOX";
/// Those who subscribe under this name share the messages.
pub const GROUP: &str = "assent";
/// Characters of a prefix at most.
const PREFIX_CHARS_MAX: usize = 128;
/// What the paths of all operations begin with.
const API: &str = "/api/v1/";

/// An operation that can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Its name in the table of operations.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
}

impl Route {
    /// The subject that it is asked under: `assent.observer.hello`.
    #[must_use]
    pub fn subject(&self, prefix: &str) -> String {
        format!("{prefix}.{}", self.path.trim_start_matches(API).replace('/', "."))
    }

    /// The route of an operation, if it is one that can be reached.
    #[must_use]
    pub fn of<O: Operation>() -> Option<Self> {
        routes().into_iter().find(|route| route.name == O::NAME)
    }
}

/// Every operation that can be reached: those of observers, and no other.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut observers = Observers(Vec::new());
    visit_all(&mut observers);
    observers.0
}

struct Observers(Vec<Route>);

impl Visitor for Observers {
    fn visit<O: Operation>(&mut self) {
        // A path with parameters would need them from the message.
        if O::ACCESS == Access::Observer && O::METHOD == Method::Post && !O::PATH.contains('{') {
            self.0.push(Route { name: O::NAME, path: O::PATH });
        }
    }
}

/// Whether subjects may begin with this: words of letters, digits, `-` and `_`, with dots between.
#[must_use]
pub fn is_prefix(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    text.len() <= PREFIX_CHARS_MAX && text.split('.').all(word)
}

/// Whether answers may go to subjects that begin with this.
#[must_use]
pub fn is_inbox(text: &str) -> bool {
    is_prefix(text) && text.starts_with(INBOX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_of_observers_are_reached_and_no_other() {
        let subjects: Vec<String> = routes().iter().map(|route| route.subject(PREFIX)).collect();
        assert_eq!(subjects, ["assent.observer.hello", "assent.observer.heartbeat", "assent.observer.signals"]);
        assert_eq!(Route::of::<assent_api::operations::ExchangeKey>(), None, "a key is never shown to whoever stands between");
        assert_eq!(Route::of::<assent_api::operations::ExecutorHello>(), None);
    }

    #[test]
    fn a_prefix_is_words_and_never_a_pattern() {
        for good in ["assent", "prod.assent_1", "_INBOX_cls-1"] {
            assert!(is_prefix(good), "{good}");
        }
        for bad in ["", ".", "a.", "a..b", "a b", "*", "a.>", "a\r\nPUB", "é"] {
            assert!(!is_prefix(bad), "{bad}");
        }
        assert!(is_inbox("_INBOX_a.b") && !is_inbox("other") && !is_inbox("_INBOX.*"));
    }
}
