//! The names a captured field may have, and what may never be in one.
//!
//! A log line often holds a connection string. `amqp://worker:hunter2@mq:5672/` may yield the address `mq:5672`; the part before
//! the `@` is a secret and is cut away here, whatever a pattern captured.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

/// Every name that a captured field may have.
pub const FIELDS: &[&str] = &[
    "host", "port", "address", "url", "path", "user", "database", "variable", "file", "command", "module", "topic", "detail", "status",
    "duration", "unit", "resource", "verb", "subject", "name",
];

/// The stretches of a line that hold the user-info of a URL or of a Go database address, with the scheme before it.
#[derive(Debug)]
pub(super) struct Secrets {
    spans: Vec<Span>,
    /// Where the value of `password=` or its like begins. Nothing from there on is ever part of a field.
    end: usize,
}

#[derive(Debug)]
struct Span {
    /// Where the scheme begins.
    scheme: usize,
    /// From behind `://` up to and including the `@`.
    user_info: Range<usize>,
}

impl Secrets {
    /// Finds what must stay out of every field of this line.
    pub(super) fn of(line: &str) -> Secrets {
        let end = password_key().and_then(|key| key.find(line)).map_or(line.len(), |found| found.end());
        let urls = line.match_indices("://").filter_map(|(at, mark)| url_span(line, at, at + mark.len()));
        let addresses = ["@tcp(", "@unix("].iter().flat_map(|mark| line.match_indices(mark)).map(|(at, _)| {
            let start = line.get(..at).map_or(0, token_start);
            Span { scheme: start, user_info: start..at + 1 }
        });
        // Oracle writes the user and password between the driver and the `@`.
        let mark = "jdbc:oracle:thin:";
        let drivers = line.match_indices(mark).filter_map(|(at, _)| {
            let start = at + mark.len();
            Some(Span { scheme: at, user_info: start..start + word_at(line, start)?.rfind('@')? + 1 })
        });
        Secrets { spans: urls.chain(addresses).chain(drivers).collect(), end }
    }

    /// The part of a captured range that may be shown as the field `name`, or `None` when nothing may.
    pub(super) fn allowed(&self, name: &str, captured: Range<usize>) -> Option<Range<usize>> {
        let mut range = captured.start..captured.end.min(self.end);
        for span in &self.spans {
            if range.end <= span.scheme || range.start >= span.user_info.end {
                continue;
            }
            if range.end > span.user_info.end && matches!(name, "url" | "address" | "host") {
                range.start = span.user_info.end;
            } else {
                range.end = range.end.min(span.scheme);
            }
        }
        (range.start < range.end).then_some(range)
    }
}

/// The user-info of the URL whose authority begins at `start`, if it has one.
///
/// A password with a raw `/` in it hides its `@` behind what looks like a path. So a colon in the authority and an `@` later in the
/// same word count as user-info too: losing the host of an odd URL is better than showing a secret.
fn url_span(line: &str, mark: usize, start: usize) -> Option<Span> {
    let word = word_at(line, start)?;
    let authority = word.find(['/', '?', '#']).map_or(word, |end| word.get(..end).unwrap_or(word));
    let at = authority.rfind('@').or_else(|| if authority.contains(':') { word.rfind('@') } else { None })?;
    let scheme = line.get(..mark).map_or(0, |before| {
        before
            .rfind(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.' | ':')))
            .map_or(0, |found| found + before.get(found..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8))
    });
    Some(Span { scheme, user_info: start..start + at + 1 })
}

/// What stands from `start` up to a blank or a quote.
pub(super) fn word_at(line: &str, start: usize) -> Option<&str> {
    let rest = line.get(start..)?;
    let end = rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '<' | '>')).unwrap_or(rest.len());
    rest.get(..end)
}

fn token_start(before: &str) -> usize {
    before.rfind(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '"' | '\'' | '`')).map_or(0, |found| found + 1)
}

/// A key whose value is a secret, up to where the value begins. A file that is called `token` is no key.
const KEY_PATTERN: &str = r#"(?i)(?:^|[^/.\w])[\w-]*(?:password|passwd|pwd|passphrase|secret|api_?key|token)\\?["']?\s?[=:]\s?\\?["']?"#;

fn password_key() -> Option<&'static Regex> {
    static KEY: OnceLock<Option<Regex>> = OnceLock::new();
    KEY.get_or_init(|| Regex::new(KEY_PATTERN).ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_key_compiles() {
        assert!(password_key().is_some());
    }

    #[test]
    fn user_info_is_cut_from_an_address_and_ends_other_fields() {
        let line = "cannot reach amqp://worker:hunter2@mq:5672/ now";
        let secrets = Secrets::of(line);
        let url = 13..line.find(" now").unwrap();
        assert_eq!(&line[secrets.allowed("url", url.clone()).unwrap()], "mq:5672/");
        assert_eq!(&line[secrets.allowed("detail", 0..line.len()).unwrap()], "cannot reach ");
        assert_eq!(secrets.allowed("host", 20..26), None);
        assert_eq!(secrets.allowed("detail", url), None);
    }

    #[test]
    fn a_password_with_a_slash_stays_hidden() {
        let line = "amqp://worker:12/34@mq:5672/";
        let secrets = Secrets::of(line);
        assert_eq!(secrets.allowed("address", 7..16), None);
        assert_eq!(&line[secrets.allowed("url", 0..line.len()).unwrap()], "mq:5672/");
    }

    #[test]
    fn a_go_database_address_hides_its_user() {
        let line = "invalid DSN: app:hunter2@tcp(db:3306)/orders";
        let secrets = Secrets::of(line);
        assert_eq!(&line[secrets.allowed("detail", 0..line.len()).unwrap()], "invalid DSN: ");
    }

    #[test]
    fn a_password_key_ends_every_field() {
        let line = "bad dsn: host=db user=app password=hunter2 dbname=orders";
        let secrets = Secrets::of(line);
        assert_eq!(&line[secrets.allowed("detail", 0..line.len()).unwrap()], "bad dsn: host=db user=app password=");
    }

    #[test]
    fn a_plain_url_is_kept_whole() {
        let line = "Get http://orders:8080/v1?at=noon failed";
        assert_eq!(Secrets::of(line).allowed("url", 4..33), Some(4..33));
    }
}
