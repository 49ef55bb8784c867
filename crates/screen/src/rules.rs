//! The rules of an environment: the built-in ones, what else is a secret there, and what is none.

use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use crate::keywords::Keywords;
use crate::pseudonym::NAME_BYTES_MAX;

/// Most rules of an environment that deny, and most that allow.
pub const CUSTOM_RULES_MAX: usize = 100;
/// Longest pattern of a rule.
pub const PATTERN_CHARS_MAX: usize = 1_000;
/// Most memory that one compiled pattern may take.
pub const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// Rules of an environment, besides the built-in ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Custom {
    /// What else is a secret.
    pub deny: Vec<Rule>,
    /// What is no secret, although a built-in rule takes it for one: a pattern that matches the whole of what was found.
    /// It does not loosen what is redacted because of where it stands, such as the data of a Secret.
    pub allow: Vec<Rule>,
    /// Whether IP addresses are redacted too.
    pub addresses: bool,
}

/// A rule by a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which a stand-in shows: small letters, digits and `-`.
    pub name: String,
    /// A regular expression in the syntax of the `regex` crate: no look-around and no back-references.
    pub pattern: String,
}

/// Why a set of rules is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// There are too many of them.
    #[error("{count} rules in one list; {CUSTOM_RULES_MAX} at most")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A name would not fit into a stand-in.
    #[error("the name `{name}` is not 1 to {NAME_BYTES_MAX} small letters, digits and `-`")]
    Name {
        /// The name.
        name: String,
    },
    /// Two rules of one list share a name.
    #[error("two rules are named `{name}`")]
    Twice {
        /// The name.
        name: String,
    },
    /// A pattern is too long.
    #[error("the pattern of `{name}` has {chars} characters; {PATTERN_CHARS_MAX} at most")]
    TooLong {
        /// The rule.
        name: String,
        /// How long it is.
        chars: usize,
    },
    /// A pattern is no regular expression, or needs too much memory.
    #[error("the pattern of `{name}` cannot be used: {reason}")]
    Pattern {
        /// The rule.
        name: String,
        /// What the compiler of regular expressions says.
        reason: String,
    },
    /// A pattern matches the empty text, and so everywhere.
    #[error("the pattern of `{name}` matches the empty text")]
    Empty {
        /// The rule.
        name: String,
    },
}

/// What is taken for a secret. Made once and shared: it holds the automaton of all keywords.
#[derive(Debug)]
pub struct Rules {
    pub(crate) keywords: Arc<Keywords>,
    pub(crate) deny: Vec<(Arc<str>, Regex)>,
    pub(crate) allow: Vec<Regex>,
    pub(crate) addresses: bool,
}

impl Rules {
    /// The built-in rules alone.
    #[must_use]
    pub fn builtin() -> Self {
        Self { keywords: Arc::new(Keywords::new()), deny: Vec::new(), allow: Vec::new(), addresses: false }
    }

    /// The built-in rules, and those of an environment in place of any given before.
    pub fn with(&self, custom: &Custom) -> Result<Self, BadRule> {
        let deny = compile(&custom.deny, |pattern| pattern.to_owned())?;
        let allow = compile(&custom.allow, |pattern| format!("^(?:{pattern})$"))?;
        Ok(Self {
            keywords: Arc::clone(&self.keywords),
            deny,
            allow: allow.into_iter().map(|(_, pattern)| pattern).collect(),
            addresses: custom.addresses,
        })
    }

    /// What the automaton of all keywords takes in memory; rules made from each other share it.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.keywords.memory_bytes()
    }

    /// Whether the environment says that this is no secret.
    pub(crate) fn allows(&self, value: &[u8]) -> bool {
        self.allow.iter().any(|pattern| pattern.is_match(value))
    }
}

fn compile(rules: &[Rule], dress: impl Fn(&str) -> String) -> Result<Vec<(Arc<str>, Regex)>, BadRule> {
    if rules.len() > CUSTOM_RULES_MAX {
        return Err(BadRule::TooMany { count: rules.len() });
    }
    let mut compiled: Vec<(Arc<str>, Regex)> = Vec::with_capacity(rules.len());
    for Rule { name, pattern } in rules {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(fits) {
            return Err(BadRule::Name { name: name.chars().take(NAME_BYTES_MAX).collect() });
        }
        if compiled.iter().any(|(other, _)| **other == **name) {
            return Err(BadRule::Twice { name: name.clone() });
        }
        let chars = pattern.chars().count();
        if chars > PATTERN_CHARS_MAX {
            return Err(BadRule::TooLong { name: name.clone(), chars });
        }
        // Alone first: `a)(b` would be well-formed inside the dress of an allow rule.
        let build = |pattern: &str| {
            RegexBuilder::new(pattern)
                .size_limit(PATTERN_BYTES_MAX)
                .dfa_size_limit(PATTERN_BYTES_MAX)
                .build()
                .map_err(|error| BadRule::Pattern { name: name.clone(), reason: error.to_string() })
        };
        if build(pattern)?.is_match(b"") {
            return Err(BadRule::Empty { name: name.clone() });
        }
        compiled.push((Arc::from(name.as_str()), build(&dress(pattern))?));
    }
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_rule_says_what_is_wrong() {
        let with = |name: &str, pattern: &str| {
            let rule = Rule { name: name.to_owned(), pattern: pattern.to_owned() };
            Rules::builtin().with(&Custom { deny: vec![rule], ..Custom::default() }).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(with("badge", r"B-\d{6}"), Ok(()));
        assert_eq!(with("Badge", "x"), Err("the name `Badge` is not 1 to 40 small letters, digits and `-`".to_owned()));
        assert_eq!(with("badge", "x*"), Err("the pattern of `badge` matches the empty text".to_owned()));
        assert!(with("badge", "(?=x)").is_err_and(|error| error.contains("look-around")));
        assert!(with("badge", "a)(b").is_err());
        assert!(with("badge", &"x".repeat(1_001)).is_err_and(|error| error.contains("1001 characters")));
        assert!(with("badge", r"\w{1000}").is_err_and(|error| error.contains("size limit")));
    }

    #[test]
    fn there_is_an_end_to_rules() {
        let rules = |count: usize| (0..count).map(|n| Rule { name: format!("r{n}"), pattern: "x".to_owned() }).collect::<Vec<_>>();
        let with = |deny| Rules::builtin().with(&Custom { deny, ..Custom::default() }).map(|_| ());
        assert_eq!(with(rules(CUSTOM_RULES_MAX)), Ok(()));
        assert_eq!(with(rules(CUSTOM_RULES_MAX + 1)), Err(BadRule::TooMany { count: CUSTOM_RULES_MAX + 1 }));
        assert_eq!(with([rules(1), rules(1)].concat()), Err(BadRule::Twice { name: "r0".to_owned() }));
    }
}
