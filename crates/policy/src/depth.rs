//! Bounds how deep a text can nest, before a recursive parser sees it.
//!
//! Cedar's parser and validator recurse over expressions, and a text of 40 kB made of parentheses overflows the stack: that would end the
//! process, and not only the request. An expression cannot be deeper than its policy has words and signs, so these are counted.

/// Brackets inside each other at most.
pub const NESTING_MAX: usize = 32;
/// Words and signs of one policy at most. Text in quotes, commas and `::` do not count, so lists can be long.
pub const WORDS_MAX: usize = 1_000;

/// Says what is too deep, and at which byte.
pub(crate) fn check(text: &str) -> Result<(), (usize, String)> {
    let mut nesting = 0_usize;
    let mut words = 0_usize;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => skip_string(&mut rest),
            '/' if rest.next_if(|(_, next)| *next == '/').is_some() => while rest.next_if(|(_, next)| *next != '\n').is_some() {},
            ';' => words = 0,
            ',' | ':' => {}
            '(' | '[' | '{' => nesting += 1,
            ')' | ']' | '}' => nesting = nesting.saturating_sub(1),
            c if c.is_whitespace() => {}
            c if is_word(c) => {
                words += 1;
                while rest.next_if(|(_, next)| is_word(*next)).is_some() {}
            }
            _ => words += 1,
        }
        if nesting > NESTING_MAX {
            return Err((at, format!("more than {NESTING_MAX} brackets inside each other")));
        }
        if words > WORDS_MAX {
            return Err((at, format!("more than {WORDS_MAX} words and signs in one policy: take it apart")));
        }
    }
    Ok(())
}

fn skip_string(rest: &mut impl Iterator<Item = (usize, char)>) {
    while let Some((_, c)) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_words_are_counted_by_policy() {
        assert_eq!(check(&"permit (principal, action, resource);".repeat(1_000)), Ok(()));
        assert!(check(&"(".repeat(NESTING_MAX + 1)).is_err());
        assert!(check(&"-".repeat(WORDS_MAX + 1)).is_err());
        assert!(check(&"a.".repeat(WORDS_MAX)).is_err());
    }

    #[test]
    fn quotes_and_comments_do_not_nest() {
        assert_eq!(check(&format!("permit // {}\n(principal, \"{}\\\"((\")", "(".repeat(99), "(".repeat(99))), Ok(()));
        assert!(check(&format!("\"\" {}", "(".repeat(99))).is_err());
        assert!(check(&format!("\"a // b\" {}", "(".repeat(99))).is_err());
        assert!(check(&format!("a / b {}", "(".repeat(99))).is_err());
    }

    #[test]
    fn a_long_list_is_not_deep() {
        assert_eq!(check(&format!("[{}]", "\"shop\", ".repeat(10_000))), Ok(()));
    }
}
