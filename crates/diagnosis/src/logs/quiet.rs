//! Knows the lines that mention a trouble without reporting one.
//!
//! A retry that succeeded, a metric, the help text of a flag, an access log with status 200: each can hold the very words of a
//! fault. Such a line carries no signal at all.

use std::sync::OnceLock;

use regex::{RegexSet, RegexSetBuilder};

/// Each pattern is one way to mention trouble without having it.
const QUIET: &[&str] = &[
    // The trouble is over.
    r"\b(?:retry|retries|attempt) succeeded|\bsucceeded (?:after|on|at) (?:the )?(?:[0-9]+|first|second|third|retry|attempt)",
    r"\bsuccess(?:ful)?ly (?:re-?)?(?:connect|establish|recover|acquir|start|load|reload|resolv|bound|obtain|renew)",
    r"\breconnected\b|\bre-?established\b|\bconnection (?:established|restored|recovered)\b|\b(?:re)?connected after\b",
    r"\brecovered (?:from|after)\b|\bis (?:now |again )(?:healthy|available|reachable|resolved)\b|\bback online\b|\bno longer\b[^\n]{0,40}(?:refus|fail|unreach|unavail)",
    // There is none.
    r"\b(?:no|zero|without|0) (?:[a-z]+ )?(?:errors?|failures?|timeouts?|deadlocks?|panics?|warnings?|issues?|problems?|corruption|pending migrations?|missing)\b(?:[^\n:]{0,60}$|[,;.])",
    r"\b(?:errors?|failures?|failed|timeouts?|refused|panics?|deadlocks?|error[ _]rate)[=:]\s?0(?:\.0+)?%?(?:[\s,;}]|$)",
    // A setting, a flag or its help text.
    r"\b(?-i:FLAG): --|^\s+-{1,2}[a-z][a-z0-9-]*(?:[ =,][^\s]+)*(?:\s{2,}|\t)",
    r"\b(?:will|would|to|can|should) (?:be )?(?:retry|retried|fail|abort|panic|restart(?:ed)?) (?:when|if|on|unless|in case)\b|\bretry (?:on|policy)\b|\b(?:retry_on|retry-on|proxy_next_upstream)\b",
    r"\b(?:using|use|falling back to|fall back to|defaulting to|assuming) (?:the |its |a )?(?:built-?in )?defaults?\b|\bdefaulting to\b",
    // A metric.
    r"^# (?:HELP|TYPE|EOF)|^[a-z_:][a-z0-9_:]*(?:\{[^}]*\})?\s+[-+0-9.e]+(?:inf|nan)?(?:\s+[0-9]+)?$",
    // An access log of something that went well.
    r#"HTTP/[0-9.]+\\?"\s+[123][0-9]{2}\b|"status(?:_code)?":"?[123][0-9]{2}\b"#,
    // Written for someone who traces, not for someone who operates.
    r#"\blevel=(?:debug|trace)\b|"(?:level|severity|lvl)":\s?"(?:debug|trace)"|^.{0,48}?[\[\s|](?-i:DEBUG|TRACE)[\]\s|:]"#,
    // A test says what it expects.
    r"^\s*(?:ok [0-9]+|--- PASS|PASS)\b",
];

/// Whether the line only mentions trouble.
pub(super) fn is_quiet(line: &str) -> bool {
    set().is_some_and(|set| set.is_match(line))
}

fn set() -> Option<&'static RegexSet> {
    static SET: OnceLock<Option<RegexSet>> = OnceLock::new();
    SET.get_or_init(|| RegexSetBuilder::new(QUIET).case_insensitive(true).build().ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!(set().is_some());
    }

    #[test]
    fn a_plain_failure_is_not_quiet() {
        for line in
            ["connection refused", "ERROR: relation \"orders\" does not exist", "panic: no ledger", "retrying in 5s: connection refused"]
        {
            assert!(!is_quiet(line), "{line}");
        }
    }

    #[test]
    fn a_trouble_that_passed_is_quiet() {
        assert!(is_quiet("connected after 3 attempts, last error: connection refused"));
        assert!(is_quiet("Successfully reconnected to cache:6379 (was: connection reset by peer)"));
    }
}
