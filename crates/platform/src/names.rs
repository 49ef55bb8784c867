//! Names and texts that people choose.

use assent_api::Problem;

/// Characters of a name that people see.
pub(crate) const NAME_CHARS_MAX: usize = 100;

/// A DNS label: RFC 1123.
pub(crate) fn label(pointer: &str, text: &str) -> Result<(), Problem> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-');
    if good { Ok(()) } else { Err(Problem::invalid(pointer, "1 to 63 of a-z, 0-9 and `-`, neither first nor last a `-`")) }
}

/// A name that people see: printable, on one line, trimmed.
pub(crate) fn title(pointer: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Problem::invalid(pointer, format!("1 to {NAME_CHARS_MAX} printable characters on one line")));
    }
    Ok(text.to_owned())
}

/// Text on several lines, up to a number of characters.
pub(crate) fn prose(pointer: &str, text: &str, chars_max: usize) -> Result<String, Problem> {
    let text = text.trim();
    let foreign = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.is_empty() || text.chars().count() > chars_max || text.chars().any(foreign) {
        return Err(Problem::invalid(pointer, format!("1 to {chars_max} characters, without control characters but line breaks and tabs")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_dns_labels() {
        assert!(label("/name", "prod-eu1").is_ok());
        for bad in ["", "-a", "a-", "Prod", "a.b", "a b", &"a".repeat(64)] {
            assert!(label("/name", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn titles_are_trimmed_and_stay_on_one_line() {
        assert_eq!(title("/name", "  Ada ").as_deref(), Ok("Ada"));
        assert!(title("/name", "a\nb").is_err());
        assert!(prose("/text", "a\nb", 10).is_ok());
        assert!(prose("/text", "a\u{1b}[31m", 10).is_err());
    }
}
