//! Text of clusters and people, made fit to be shown in somebody else's program.

/// Characters of a title.
pub(crate) const TITLE_CHARS_MAX: usize = 200;
/// Characters of a detail.
pub(crate) const DETAIL_CHARS_MAX: usize = 500;
/// Characters of a name.
pub(crate) const NAME_CHARS_MAX: usize = 100;
/// Characters of what a receiver answers.
pub(crate) const ANSWER_CHARS_MAX: usize = 200;

/// One line of visible characters, so many at most. What cannot be seen, or turns the direction of what follows, is left out.
pub(crate) fn line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = !line.is_empty();
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        if count >= chars_max {
            line.push('…');
            return line;
        }
        if gap {
            line.push(' ');
            count += 1;
            gap = false;
        }
        line.push(c);
        count += 1;
    }
    line
}

/// The same, without anything that a program takes for a link or for the name of a person to call: `https[:]//evil.example`.
pub(crate) fn inert(text: &str, chars_max: usize) -> String {
    let line = line(text, chars_max);
    let mut inert = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some(c) = rest.chars().next() {
        let lower = |prefix: &str| rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let taken = if lower("://") {
            inert.push_str("[:]//");
            3
        } else if lower("mailto:") || lower("tel:") || lower("data:") {
            let word = rest.split(':').next().unwrap_or_default();
            inert.push_str(word);
            inert.push_str("[:]");
            word.len() + 1
        } else if lower("www.") {
            inert.push_str(rest.get(..3).unwrap_or_default());
            inert.push_str("[.]");
            4
        } else if c == '@' {
            inert.push_str("[@]");
            1
        } else {
            inert.push(c);
            c.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    inert
}

/// Zero-width characters, marks of direction, tags, and fillers that look like nothing.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_becomes_one_visible_line() {
        assert_eq!(line("  a\r\nb\t\u{202e}c\u{200b}d\u{1b}[31m ", 50), "a b cd [31m");
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(line("\u{0}\n", 3), "");
    }

    #[test]
    fn nothing_in_it_is_taken_for_a_link_or_a_call() {
        assert_eq!(inert("see HTTPS://evil.example/x", 99), "see HTTPS[:]//evil.example/x");
        assert_eq!(inert("WWW.evil.example MailTo:a@b", 99), "WWW[.]evil.example MailTo[:]a[@]b");
        assert_eq!(inert("htt\u{200b}ps:\u{2060}//x", 99), "https[:]//x");
        assert_eq!(inert("registry.example/shop:v2", 99), "registry.example/shop:v2");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_goes_out_is_short_and_inert(text in ".{0,400}|(https?://|www\\.|@|mailto:|\\PC){0,40}", max in 0_usize..300) {
            let out = inert(&text, max);
            prop_assert!(out.chars().count() <= (max + 2) * 5);
            prop_assert!(!out.contains("://") && !out.to_ascii_lowercase().contains("www."), "{out}");
            prop_assert!(!out.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(!out.replace("[@]", "").contains('@'));
        }
    }
}
