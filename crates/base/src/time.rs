//! Instants and spans as clusters print them.
//!
//! Units: instants are UTC, spans whole seconds.

pub use jiff::Timestamp;

/// Reads an instant: RFC 3339 (`2025-02-27T07:30:28Z`) or what `kubectl describe` prints (`Thu, 27 Feb 2025 07:30:28 +0100`).
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let first = text.as_bytes().first()?;
    if first.is_ascii_digit() {
        return text.parse().ok();
    }
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Reads a span as kubectl prints it: `10s`, `5m54s`, `3h19m`, `44d`, `2y10d`, `<invalid>` is none.
#[must_use]
pub fn span_s(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut number: Option<i64> = None;
    for c in text.trim().chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            'y' => 31_536_000,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && !text.trim().is_empty()).then_some(total)
}

/// The instant this many seconds earlier, if there is one.
#[must_use]
pub fn earlier(instant: Timestamp, seconds: i64) -> Option<Timestamp> {
    instant.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok()
}

/// Whole seconds from `from` to `to`; negative when `to` comes first.
#[must_use]
pub fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_in_both_spellings() {
        let rfc3339 = instant("2025-02-27T06:30:28Z");
        assert!(rfc3339.is_some());
        assert_eq!(instant("Thu, 27 Feb 2025 07:30:28 +0100"), rfc3339);
        assert_eq!(instant("yesterday"), None);
        assert_eq!(instant(""), None);
    }

    #[test]
    fn spans_read_as_kubectl_prints_them() {
        assert_eq!(span_s("10s"), Some(10));
        assert_eq!(span_s("5m54s"), Some(354));
        assert_eq!(span_s("3h19m"), Some(11_940));
        assert_eq!(span_s("2y10d"), Some(2 * 31_536_000 + 864_000));
        assert_eq!(span_s("<invalid>"), None);
        assert_eq!(span_s("12"), None);
        assert_eq!(span_s(""), None);
    }
}
