//! Personal data: e-mail addresses, telephone numbers, cards, bank accounts, names next to a word that announces one, IP addresses.
//!
//! Names in prose are found only behind such a word (`customer name: Jane Doe`, `user "Jane Doe"`): a name elsewhere passes.

use std::ops::Range;

use crate::cursor::{at, before, is_alnum, run, run_back, slice};
use crate::special::in_authority;
use crate::verify;

/// Last labels of host names that no mail goes to.
const NO_MAIL: &[&[u8]] = &[
    b"local",
    b"internal",
    b"svc",
    b"cluster",
    b"service",
    b"socket",
    b"timer",
    b"target",
    b"mount",
    b"slice",
    b"scope",
    b"localdomain",
    b"lan",
    b"js",
    b"json",
    b"yaml",
    b"yml",
    b"go",
    b"rs",
    b"py",
    b"java",
    b"so",
    b"png",
    b"conf",
    b"git",
];

/// The address around an `@`.
pub(crate) fn mail(text: &[u8], sign: usize) -> Option<Range<usize>> {
    let start = run_back(text, sign, 64, |byte| is_alnum(byte) || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-'));
    let end = run(slice(text, 0, sign + 255), sign + 1, |byte| is_alnum(byte) || matches!(byte, b'.' | b'-'));
    let end = run_back(text, end, 8, |byte| matches!(byte, b'.' | b'-'));
    let domain = slice(text, sign + 1, end);
    let last = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let fits = start < sign
        && domain.contains(&b'.')
        && (2..=24).contains(&last.len())
        && last.iter().all(u8::is_ascii_alphabetic)
        && is_alnum(at(domain, 0))
        && !NO_MAIL.iter().any(|label| last.eq_ignore_ascii_case(label))
        && !domain.ends_with(b".gserviceaccount.com")
        && slice(text, start, sign) != b"git"
        && !in_authority(text, start);
    fits.then_some(start..end)
}

/// A number in the international form that begins at this `+`.
pub(crate) fn international(text: &[u8], plus: usize) -> Option<Range<usize>> {
    if is_alnum(before(text, plus)) || matches!(before(text, plus), b'/' | b'+' | b'.') || !matches!(at(text, plus + 1), b'1'..=b'9') {
        return None;
    }
    let (end, digits) = number(text, plus + 1);
    // Without any grouping a short number is rather an offset or a count.
    let grouped = end - plus - 1 > digits;
    (digits <= 15 && digits >= if grouped { 9 } else { 10 } && !is_alnum(at(text, end))).then_some(plus..end)
}

/// A number in a national form, behind a word such as `phone`.
pub(crate) fn national(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    if before(text, start).is_ascii_alphabetic() {
        return None;
    }
    let word = run(slice(text, 0, end + 12), end, |byte| is_alnum(byte) || matches!(byte, b'_' | b'.'));
    let from = run(slice(text, 0, word + 24), word, |byte| matches!(byte, b' ' | b':' | b'=' | b'"' | b'\'' | b'\\' | b'>' | b'#'));
    let open = from + usize::from(at(text, from) == b'+');
    if word > end && slice(text, start, end).ends_with(b" ")
        || !matches!(at(text, open), b'0'..=b'9' | b'(')
        || from == end && !slice(text, start, end).ends_with(b" ") && !slice(text, start, end).ends_with(b":")
    {
        return None;
    }
    let (number_end, digits) = number(text, open);
    let dotted = slice(text, open, number_end).iter().filter(|byte| **byte == b'.').count();
    ((9..=15).contains(&digits) && !is_alnum(at(text, number_end)) && dotted < 3).then_some(from..number_end)
}

/// Where a telephone number ends, and how many digits it has: groups with one separator between them, or brackets.
fn number(text: &[u8], start: usize) -> (usize, usize) {
    let (mut end, mut here, mut digits, mut apart) = (start, start, 0, 0);
    while here < start + 28 && apart < 3 {
        match at(text, here) {
            b'0'..=b'9' => {
                digits += 1;
                apart = 0;
                end = here + 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' => apart += 1,
            _ => break,
        }
        here += 1;
    }
    (end, digits)
}

/// The card number that begins with the digit here: plain, or in groups with blanks or dashes between.
pub(crate) fn card(text: &[u8], start: usize) -> Option<Range<usize>> {
    if is_alnum(before(text, start)) || matches!(before(text, start), b'-' | b'.' | b'_' | b'/' | b'+') {
        return None;
    }
    let mut digits = [0; 19];
    let (mut here, mut count, mut separator) = (start, 0, 0);
    while let byte @ (b'0'..=b'9' | b' ' | b'-') = at(text, here) {
        if byte.is_ascii_digit() {
            *digits.get_mut(count)? = byte;
            count += 1;
        } else if count % 4 != 0 && !matches!(count, 10)
            || separator != 0 && separator != byte
            || !at(text, here + 1).is_ascii_digit()
            || count >= 14 && count != 15
        {
            break;
        } else {
            separator = byte;
        }
        here += 1;
    }
    let goes_on =
        is_alnum(at(text, here)) || matches!(at(text, here), b'_' | b'-') || at(text, here) == b'.' && at(text, here + 1).is_ascii_digit();
    (!goes_on && verify::card(slice(&digits, 0, count))).then_some(start..here)
}

/// The bank account number that begins here, plain or in groups of four.
pub(crate) fn account(text: &[u8], start: usize) -> Option<Range<usize>> {
    if is_alnum(before(text, start)) {
        return None;
    }
    let mut plain = [0; 34];
    let (mut here, mut count, mut ends) = (start, 0, None);
    loop {
        let byte = at(text, here);
        if byte.is_ascii_uppercase() || byte.is_ascii_digit() {
            *plain.get_mut(count)? = byte;
            count += 1;
        } else {
            if verify::iban(slice(&plain, 0, count)) {
                ends = Some(here);
            }
            if byte != b' ' || count % 4 != 0 || !is_alnum(at(text, here + 1)) {
                break;
            }
        }
        here += 1;
    }
    ends.map(|end| start..end)
}

/// The name behind a word that announces a person.
pub(crate) fn person(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    if is_alnum(before(text, start)) {
        return None;
    }
    let word = slice(text, start, end);
    let quoted = matches!(before(text, end), b'"' | b'\'');
    let here = run(slice(text, 0, end + 8), end, |byte| byte == b'_' || byte == b' ');
    let here = if slice(text, here, here + 4).eq_ignore_ascii_case(b"name") { here + 4 } else { end };
    let from = run(slice(text, 0, here + 12), here, |byte| matches!(byte, b' ' | b':' | b'=' | b'"' | b'\'' | b'\\' | b'>'));
    let joined = quoted || slice(text, here, from).iter().any(|byte| matches!(byte, b':' | b'=' | b'"' | b'\''));
    let whole = word.to_ascii_lowercase();
    let half = [b"first".as_slice(), b"last", b"surname", b"given", b"family"].iter().any(|part| whole.starts_with(part));
    let (mut ends, mut at_name, mut names) = (from, from, 0);
    while names < 4 {
        let name = capitalised(text, at_name);
        if name == at_name {
            break;
        }
        names += 1;
        ends = name;
        at_name = name + usize::from(at(text, name) == b' ');
        if at_name == name {
            break;
        }
    }
    let enough = if half { names >= 1 } else { names >= 2 };
    // After `user "` the whole quoted text has to be a name.
    let closed = !quoted || matches!(at(text, ends), b'"' | b'\'');
    (joined && enough && closed).then_some(from..ends)
}

/// Where a capitalised word ends: `Jane`, `O'Neil`, `Müller-Lüdenscheidt`, `J.`.
fn capitalised(text: &[u8], start: usize) -> usize {
    if !(at(text, start).is_ascii_uppercase() || at(text, start) >= 0xc3 && at(text, start) < 0xf0) {
        return start;
    }
    let letters = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'-');
    let end = run(slice(text, 0, start + 40), start, letters);
    let end = if at(text, end) == b'\'' && at(text, end + 1).is_ascii_uppercase() {
        run(slice(text, 0, start + 40), end + 1, letters)
    } else {
        end
    };
    let word = slice(text, start, end);
    match word {
        [_] if at(text, end) == b'.' => end + 1,
        [_, rest @ ..] if rest.iter().any(u8::is_ascii_lowercase) || rest.iter().any(|byte| *byte >= 0x80) => end,
        _ => start,
    }
}

/// The IPv4 address that begins with the digit here.
pub(crate) fn ipv4(text: &[u8], start: usize) -> Option<Range<usize>> {
    let end = run(slice(text, 0, start + 16), start, |byte| byte.is_ascii_digit() || byte == b'.');
    let end = end - usize::from(before(text, end) == b'.');
    let address = std::str::from_utf8(slice(text, start, end)).ok()?;
    address.parse::<std::net::Ipv4Addr>().ok().map(|_| start..end)
}

/// The IPv6 address around the first of two colons, or around a group of hexadecimal digits.
pub(crate) fn ipv6(text: &[u8], start: usize) -> Option<Range<usize>> {
    let end = run(slice(text, 0, start + 46), start, |byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let end = end - usize::from(before(text, end) == b'.');
    let address = std::str::from_utf8(slice(text, start, end)).ok()?;
    (address.len() > 4 && address.parse::<std::net::Ipv6Addr>().is_ok()).then_some(start..end)
}

/// All addresses, where an environment wants them gone.
pub(crate) fn addresses(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let mut here = 0;
    while here < text.len() {
        let start = here + slice(text, here, text.len()).iter().position(|byte| part(*byte)).unwrap_or(text.len() - here);
        let end = run(text, start, part);
        let apart = !before(text, start).is_ascii_alphanumeric() && !at(text, end).is_ascii_alphanumeric();
        if apart && end - start >= 3 {
            found.extend(ipv6(text, start).or_else(|| ipv4(text, start + run(text, start, |byte| byte == b':') - start)));
        }
        here = end.max(start) + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail_in(text: &str) -> Option<&str> {
        mail(text.as_bytes(), text.find('@')?).map(|range| &text[range])
    }

    #[test]
    fn mail_addresses_are_told_from_the_rest() {
        assert_eq!(mail_in("from jane.doe+x@example.com."), Some("jane.doe+x@example.com"));
        for text in [
            "registry.example/app@sha256:0123",
            "git@github.com:shop/app",
            "postgres://app@db.example.com/x",
            "getty@tty1.service",
            "left-pad@1.3.0",
            "node@sum-b2f.shop.svc.cluster.local",
            "app@shop-prod.iam.gserviceaccount.com",
        ] {
            assert_eq!(mail_in(text), None, "{text}");
        }
    }

    #[test]
    fn telephone_numbers_need_a_sign_or_a_word() {
        let international = |text: &str| international(text.as_bytes(), text.find('+').unwrap()).map(|range| text[range].to_owned());
        assert_eq!(international("call +1 415 555 2671 now").as_deref(), Some("+1 415 555 2671"));
        assert_eq!(international("+442071838750").as_deref(), Some("+442071838750"));
        assert_eq!(international("2026-04-14 09:30:00 +0000"), None);
        assert_eq!(international("+3 more"), None);
        let national =
            |text: &str| national(text.as_bytes(), 0, text.find(|c: char| !c.is_alphabetic()).unwrap()).map(|range| text[range].to_owned());
        assert_eq!(national("phone: (415) 555-2671").as_deref(), Some("(415) 555-2671"));
        assert_eq!(national("phone service at 10.42.3.17"), None);
        assert_eq!(national("mobile: 10.142.103.117"), None);
    }

    #[test]
    fn cards_and_accounts_need_their_check_digits() {
        assert_eq!(card(b"4539 5787 6362 1486,", 0), Some(0..19));
        assert_eq!(card(b"4539578763621486", 0), Some(0..16));
        assert_eq!(card(b"4539578763621487", 0), None);
        assert_eq!(card(b"1778236462000000", 0), None);
        assert_eq!(account(b"DE89 3704 0044 0532 0130 00 paid", 0), Some(0..27));
        assert_eq!(account(b"DE89370400440532013001", 0), None);
    }

    #[test]
    fn a_name_needs_a_word_before_it() {
        let person = |text: &str, word: &str| person(text.as_bytes(), 0, word.len()).map(|range| text[range].to_owned());
        assert_eq!(person("customer name: Jane Doe paid", "customer").as_deref(), Some("Jane Doe"));
        assert_eq!(person("user \"Jane O'Neil\"", "user \"").as_deref(), Some("Jane O'Neil"));
        assert_eq!(person("user \"system:serviceaccount:shop:app\"", "user \""), None);
        assert_eq!(person("customer Service Is Down", "customer"), None);
    }
}
