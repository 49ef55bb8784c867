//! A name and its value, however they are joined: `password=x`, `"token": "x"`, `--api-key x`, `name: DB_PASSWORD` over `value: x`.
//!
//! What the name announces as a secret is one, whatever it looks like, but for the values of [`is_plainly_none`]. Prose has the same
//! words: after `password:` a word such as `incorrect` is an answer and no password; after a name that only hints at a secret the value
//! itself must look random.

use std::ops::Range;

use crate::cursor::{DASH, DIGIT, LOWER, UPPER};
use crate::cursor::{at, before, class, is_alnum, is_name, run, run_back, slice, starts_with};
use crate::names::{NAME_BYTES_LOOKED_AT, Strength, strength};
use crate::pseudonym::{MARK, stand_in_len};
use crate::verify;

/// Longest value that is taken for one; of a longer one the beginning.
pub(crate) const VALUE_BYTES_MAX: usize = 8 * 1024;
/// Blanks that may stand around a separator: `kubectl describe` aligns its columns with them.
const BLANKS_MAX: usize = 48;
/// Shortest number that is a secret under a name such as `api_key`; a shorter one counts something.
const NUMBER_BYTES_MIN: usize = 5;
/// Longest passphrase of several words that is taken to the end of its line.
const PASSPHRASE_BYTES_MAX: usize = 128;

/// A value and how it was joined to its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value {
    start: usize,
    end: usize,
    /// By `=`, in quotes or after an option: not how prose is written.
    firm: bool,
}

/// The value of a secret setting whose name has a keyword at these bytes.
pub(crate) fn secret_at(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    // A bare `key` is in every other object, and holds the name of something.
    if slice(text, start, end).eq_ignore_ascii_case(b"key") && !is_name(before(text, start)) {
        return None;
    }
    let name_end = run(slice(text, 0, end + NAME_BYTES_LOOKED_AT), end, is_name);
    let name_end = if before(text, name_end) == b'.' { name_end - 1 } else { name_end };
    let name_end = if before(text, end) == b'=' { end - 1 } else { name_end };
    let value = value_after(text, start, name_end)?;
    let name_start = run_back(text, start, NAME_BYTES_LOOKED_AT, is_name);
    let name_start = if escape_letter(text, name_start) { name_start + 1 } else { name_start };
    let name = slice(text, name_start, name_end);
    let strength = if starts_with(text, start, b"identified by") { Strength::Strong } else { strength(name)? };
    let setting = value.firm || stands_alone(text, name_start);
    let value = if strength == Strength::Strong && setting { whole_line(text, name_start, value) } else { value };
    let found = slice(text, value.start, value.end);
    let ends = value.firm || ends_alone(text, value.end);
    let strength = match strength {
        Strength::Plain if !(setting && ends) => Strength::Weak,
        // `API_KEY: unbound variable` is what a shell says.
        Strength::Firm if !ends => Strength::Hinted,
        other => other,
    };
    // Of `DB_PASSWORD: optional` in prose nothing goes, of `DB_PASSWORD=optional` all.
    is_secret(strength, found, value.firm, name).then_some(value.start..value.end)
}

/// Whether what stands here is the letter of an escape such as `\n`.
fn escape_letter(text: &[u8], position: usize) -> bool {
    before(text, position) == b'\\' && matches!(at(text, position), b'n' | b'r' | b't')
}

/// Whether a value is a secret, given what its name says. `name` tells docker's `auth` from others.
pub(crate) fn is_secret(strength: Strength, value: &[u8], firm: bool, name: &[u8]) -> bool {
    if value.is_empty() || is_placeholder(value) || is_reference(value) {
        return false;
    }
    match strength {
        Strength::Strong => firm || !is_word_of_prose(value),
        Strength::Firm | Strength::Plain => {
            let prose = is_word_of_prose(value) && (!firm || strength == Strength::Plain);
            // A key of a Secret, as an ExternalSecret names it, and a Secret, as `namespace/name`.
            let named = !firm && name.len() >= 9 && name.ends_with(b"secretKey") && is_plain_name(value)
                || strength == Strength::Plain && is_object_path(value);
            !(prose || named || is_plainly_none(value) || name.eq_ignore_ascii_case(b"authorization") && is_scheme(value))
        }
        Strength::Hinted => value.len() >= 6 && !is_word_of_prose(value) && !is_plain_name(value) && !is_number(value),
        Strength::Weak => {
            if [b"bearer".as_slice(), b"basic", b"token"].iter().any(|scheme| starts_with(value, 0, scheme)) && value.len() < 10 {
                return false;
            }
            let basic = name.eq_ignore_ascii_case(b"auth")
                && verify::base64(value).is_some_and(|bytes| verify::is_text(&bytes) && bytes.contains(&b':'));
            basic
                || (value.len() >= 8 || firm && value.len() >= 6)
                    && verify::mixed(value)
                    && !is_plain_name(value)
                    && !is_number(value)
                    && !is_instant(value)
                    && !value.contains(&b' ')
        }
    }
}

/// What no secret is, even under a name that announces one: a count, a duration, an instant, an address of the web.
fn is_plainly_none(value: &[u8]) -> bool {
    let count = value.len() < NUMBER_BYTES_MIN && is_number(value);
    let unit = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
    let duration = unit > 0 && matches!(slice(value, unit, value.len()), b"ms" | b"s" | b"m" | b"h" | b"d");
    let web = starts_with(value, 0, b"http://") || starts_with(value, 0, b"https://");
    count || duration || web || is_instant(value)
}

/// `namespace/name`.
fn is_object_path(value: &[u8]) -> bool {
    let label = |part: &[u8]| {
        !part.is_empty() && part.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
    };
    let mut parts = value.split(|byte| *byte == b'/');
    parts.next().is_some_and(label) && parts.next().is_some_and(label) && parts.next().is_none()
}

/// What an `Authorization` header or setting may say without any credential.
fn is_scheme(value: &[u8]) -> bool {
    const SCHEMES: &[&[u8]] =
        &[b"bearer", b"basic", b"digest", b"negotiate", b"token", b"apikey", b"oauth2", b"rbac", b"node", b"webhook", b"anonymous"];
    SCHEMES.iter().any(|scheme| value.eq_ignore_ascii_case(scheme))
}

/// Whether a name begins its line or its place in a structure, and does not go on a sentence.
fn stands_alone(text: &[u8], name_start: usize) -> bool {
    let blanks = run_back(text, name_start, BLANKS_MAX, |byte| matches!(byte, b' ' | b'\t'));
    let lead = before(text, blanks);
    !is_alnum(lead) && !matches!(lead, b':' | b')' | b'.')
}

/// Whether nothing follows a value on its line but what closes a structure.
fn ends_alone(text: &[u8], value_end: usize) -> bool {
    let here = run(slice(text, 0, value_end + BLANKS_MAX), value_end, |byte| matches!(byte, b' ' | b'\t'));
    matches!(at(text, here), 0 | b'\n' | b'\r' | b'"' | b'\'' | b',' | b'}' | b']' | b'#' | b'\\')
}

/// A passphrase of several words: `passphrase: open sesame` on a line of its own, which names nothing else.
fn whole_line(text: &[u8], name_start: usize, value: Value) -> Value {
    let line = run_back(text, name_start, BLANKS_MAX, |byte| matches!(byte, b' ' | b'-'));
    if value.firm || !matches!(before(text, line), 0 | b'\n') || at(text, value.end) != b' ' {
        return value;
    }
    let end =
        run(slice(text, 0, value.start + PASSPHRASE_BYTES_MAX), value.start, |byte| is_alnum(byte) || matches!(byte, b' ' | b'!' | b'-'));
    let words = slice(text, value.start, end);
    let known = words.split(|byte| *byte == b' ').filter(|word| is_word_of_prose(word)).count();
    // One word of prose may be in a passphrase; an answer has more of them, or begins with one that is no verb.
    let answer = known > 1 || known == 1 && !starts_with(words, 0, b"open ");
    match matches!(at(text, end), 0 | b'\n' | b'\r') && !words.ends_with(b" ") && !answer {
        true => Value { end, firm: true, ..value },
        false => value,
    }
}

/// `***`, `<password>`, `$(NAME)`, `true`: stands where a secret would, and is none.
fn is_placeholder(value: &[u8]) -> bool {
    let whole = |open: &[u8], close: &[u8]| value.starts_with(open) && value.ends_with(close);
    let same = |byte: u8| value.iter().all(|other| *other == byte);
    whole(b"$(", b")")
        || whole(b"${", b"}")
        || whole(b"{{", b"}}")
        || whole(b"<", b">")
        || whole(b"%(", b")s")
        || value.first() == Some(&b'$')
            && value.len() > 1
            && value.iter().skip(1).all(|byte| byte.is_ascii_uppercase() || *byte == b'_' || byte.is_ascii_digit())
            && value.iter().any(u8::is_ascii_uppercase)
            && value.get(1).is_some_and(u8::is_ascii_uppercase)
        || [b'*', b'x', b'X', b'.', b'-', b'_', b'?'].into_iter().any(same)
        || stand_in_len(value) == Some(value.len())
        || [
            b"true".as_slice(),
            b"false",
            b"null",
            b"none",
            b"nil",
            b"undefined",
            b"yes",
            b"no",
            b"[redacted]",
            b"[redacted",
            b"[masked]",
            b"[masked",
            b"<none>",
            b"<nil>",
            b"(none)",
            b"<unset>",
            b"<set>",
            b"redacted",
            b"masked",
            b"hidden",
            b"{",
            b"[",
            b"|",
            b">",
            b"{}",
            b"[]",
            b"<set",
        ]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

/// Names a place where a secret is kept.
fn is_reference(value: &[u8]) -> bool {
    const PLACES: &[&[u8]] = &[
        b"vault:",
        b"ref+",
        b"op://",
        b"arn:aws:",
        b"projects/",
        b"ssm:",
        b"env:",
        b"file:",
        b"secret://",
        b"awssm:",
        b"sops:",
        b"keyvault:",
    ];
    let path = |byte: &u8| class(*byte) & (LOWER | DIGIT | DASH) != 0 || matches!(byte, b'/' | b'.');
    PLACES.iter().any(|place| value.starts_with(place))
        || value.first() == Some(&b'/')
            && value.iter().filter(|byte| **byte == b'/').count() > 1
            && value.iter().all(|byte| path(byte) || byte.is_ascii_uppercase())
            && !verify::opaque(value)
            && !value.ends_with(b"/=")
            && value.iter().filter(|byte| byte.is_ascii_digit()).count() * 5 <= value.len()
}

/// A name as Kubernetes objects have it, or a plain word or path: `db-credentials`, `shop/db`, `kubernetes.io/tls`.
fn is_plain_name(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'/' | b':' | b'_');
    let joined = value.iter().any(|byte| matches!(byte, b'-' | b'.' | b'/' | b':' | b'_'));
    let words = value.iter().all(u8::is_ascii_alphabetic) && changes(value) * 4 <= value.len();
    let spaced = value.contains(&b' ');
    words
        || spaced && value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'.' | b',' | b'\'' | b'"' | b'-'))
        || joined && value.iter().all(allowed) && digits * 5 <= value.len() && longest_run(value) < 20
        || value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// How often the sort of letter changes: seldom in words, camel-cased ones too.
fn changes(value: &[u8]) -> usize {
    value.windows(2).filter(|pair| class(at(pair, 0)) & (LOWER | UPPER | DIGIT) != class(at(pair, 1)) & (LOWER | UPPER | DIGIT)).count()
}

fn longest_run(value: &[u8]) -> usize {
    value.split(|byte| !is_alnum(*byte)).map(<[u8]>::len).max().unwrap_or(0)
}

fn is_number(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b',')) && value.len() < 20
        || value.len() < 8
            && value.first().is_some_and(u8::is_ascii_digit)
            && value.last().is_some_and(u8::is_ascii_alphabetic)
            && value.iter().rev().skip(2).all(u8::is_ascii_digit)
}

fn is_instant(value: &[u8]) -> bool {
    at(value, 4) == b'-' && at(value, 7) == b'-' && slice(value, 0, 4).iter().all(u8::is_ascii_digit)
}

/// A word that messages have after `password:` and the like.
fn is_word_of_prose(value: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"a",
        b"access",
        b"allow",
        b"allowed",
        b"an",
        b"and",
        b"are",
        b"at",
        b"auth",
        b"authentication",
        b"authorization",
        b"bad",
        b"base64",
        b"be",
        b"bearer",
        b"but",
        b"can",
        b"cannot",
        b"check",
        b"closed",
        b"configured",
        b"could",
        b"crypto",
        b"decode",
        b"default",
        b"denied",
        b"did",
        b"disabled",
        b"does",
        b"empty",
        b"enabled",
        b"environment",
        b"eof",
        b"error",
        b"expected",
        b"expired",
        b"failed",
        b"failure",
        b"fetch",
        b"file",
        b"for",
        b"forbidden",
        b"found",
        b"from",
        b"get",
        b"has",
        b"have",
        b"identifier",
        b"if",
        b"illegal",
        b"in",
        b"incorrect",
        b"invalid",
        b"is",
        b"it",
        b"key",
        b"login",
        b"malformed",
        b"may",
        b"mismatch",
        b"missing",
        b"mounted",
        b"must",
        b"needs",
        b"no",
        b"none",
        b"not",
        b"of",
        b"ok",
        b"on",
        b"open",
        b"optional",
        b"or",
        b"parameter",
        b"parse",
        b"password",
        b"permission",
        b"please",
        b"provided",
        b"read",
        b"refused",
        b"rejected",
        b"renewed",
        b"required",
        b"revoked",
        b"rotated",
        b"rpc",
        b"secret",
        b"set",
        b"should",
        b"signature",
        b"skipped",
        b"string",
        b"that",
        b"the",
        b"this",
        b"timeout",
        b"to",
        b"token",
        b"too",
        b"unable",
        b"unauthorized",
        b"unbound",
        b"undefined",
        b"unexpected",
        b"unknown",
        b"unset",
        b"unsupported",
        b"updated",
        b"use",
        b"user",
        b"using",
        b"valid",
        b"variable",
        b"was",
        b"will",
        b"with",
        b"wrong",
        b"x509",
        b"you",
        b"your",
    ];
    let word = value.split(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
    let rest = slice(value, word.len(), value.len());
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
        && rest.iter().all(|byte| matches!(byte, b' ' | b':' | b'.' | b',' | b'\'' | b'-') || byte.is_ascii_lowercase())
}

/// The value that follows a name, if the two are joined.
fn value_after(text: &[u8], start: usize, name_end: usize) -> Option<Value> {
    let quote = run(text, name_end, |byte| byte == b'\\');
    let closes = matches!(at(text, quote), b'"' | b'\'' | b'`');
    let mut here = if closes { quote + 1 } else { name_end };
    if at(text, here) == b']' {
        here += 1;
    }
    let blanks = run(slice(text, 0, here + BLANKS_MAX), here, |byte| matches!(byte, b' ' | b'\t'));
    match at(text, blanks) {
        b'=' | b':' if !matches!(slice(text, blanks, blanks + 2), b"==" | b":/" | b"::") => {
            let joint = run(slice(text, 0, blanks + 2), blanks, |byte| matches!(byte, b'=' | b':' | b'>'));
            // `Post "https://sso.example/token": dial tcp` quotes no name.
            let opens = matches!(before(text, run_back(text, start, NAME_BYTES_LOOKED_AT, is_name)), b'"' | b'\'' | b'`');
            value_at(text, joint, at(text, blanks) == b'=' || closes && opens)
        }
        b'>' if at(text, name_end) == b'>' && before(text, run_back(text, start, NAME_BYTES_LOOKED_AT, is_name)) == b'<' => {
            let end = run(slice(text, 0, name_end + VALUE_BYTES_MAX), name_end + 1, |byte| byte != b'<');
            (at(text, end) == b'<').then_some(Value { start: name_end + 1, end, firm: true })
        }
        b',' if closes => named_value(text, blanks + 1).or_else(|| next_argument(text, start, blanks + 1)),
        b'\n' => named_value(text, blanks + 1),
        _ if closes && blanks == here => None,
        _ if blanks > here => after_blank(text, start, blanks),
        _ => None,
    }
}

/// `--password x`, `IDENTIFIED BY 'x'`, and the netrc's `password x`.
fn after_blank(text: &[u8], start: usize, blanks: usize) -> Option<Value> {
    let name_start = run_back(text, start, NAME_BYTES_LOOKED_AT, is_name);
    let option = at(text, name_start) == b'-' && !is_alnum(before(text, name_start));
    let line = run_back(text, name_start, 160, |byte| byte != b'\n');
    let netrc = memchr::memmem::find(slice(text, line, name_start), b"login ").is_some()
        && memchr::memmem::find(slice(text, line, name_start), b"machine ").is_some();
    let sql = starts_with(text, start, b"identified by")
        || starts_with(text, start, b"passw")
            && at(text, blanks) == b'\''
            && memchr::memmem::find(slice(text, line, name_start), b"WITH").is_some();
    (option && at(text, blanks) != b'-' || netrc || sql).then(|| value_at(text, blanks, true)).flatten()
}

/// `"--password", "x"`.
fn next_argument(text: &[u8], start: usize, from: usize) -> Option<Value> {
    let name_start = run_back(text, start, NAME_BYTES_LOOKED_AT, is_name);
    let here = run(slice(text, 0, from + BLANKS_MAX), from, |byte| byte.is_ascii_whitespace());
    let quoted = matches!(at(text, run(text, here, |byte| byte == b'\\')), b'"' | b'\'');
    let value = (slice(text, name_start, name_start + 2) == b"--" && quoted).then(|| value_at(text, here, true)).flatten()?;
    (at(text, value.start) != b'-').then_some(value)
}

/// `"name":"DB_PASSWORD","value":"x"`, and the same over two lines of YAML.
fn named_value(text: &[u8], from: usize) -> Option<Value> {
    let here = run(slice(text, 0, from + BLANKS_MAX), from, |byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\\'));
    if !slice(text, here, here + 5).eq_ignore_ascii_case(b"value") {
        return None;
    }
    let here = run(slice(text, 0, here + 5 + BLANKS_MAX), here + 5, |byte| matches!(byte, b'"' | b'\\' | b' '));
    (at(text, here) == b':').then(|| value_at(text, here + 1, true)).flatten()
}

/// The value that begins here: quoted, a YAML block, or bare.
fn value_at(text: &[u8], from: usize, firm: bool) -> Option<Value> {
    let here = run(slice(text, 0, from + BLANKS_MAX), from, |byte| matches!(byte, b' ' | b'\t'));
    let text = slice(text, 0, here + VALUE_BYTES_MAX);
    let open = run(text, here, |byte| byte == b'\\');
    match at(text, open) {
        quote @ (b'"' | b'\'' | b'`') => {
            let start = open + 1;
            let end = closing_quote(text, start, quote, open - here);
            // `password: "` at the end of a line opens nothing that is known.
            (end > start).then_some(Value { start, end, firm: true })
        }
        b'|' | b'>' if open == here => block(text, here),
        0 | b'\n' | b'\r' => None,
        _ => {
            let end = bare_end(text, here);
            (end > here).then_some(Value { start: here, end, firm })
        }
    }
}

/// Where a quoted value ends: at the same quote behind as many backslashes, or with the line.
fn closing_quote(text: &[u8], start: usize, quote: u8, backslashes: usize) -> usize {
    let mut here = start;
    loop {
        let next = run(text, here, |byte| byte != quote && byte != b'\n');
        let behind = next - run_back(text, next, next - start, |byte| byte == b'\\');
        if at(text, next) == quote && behind <= backslashes {
            return next - behind;
        }
        if at(text, next) != quote {
            // No closing quote on this line: then the value ends where a bare one would.
            return bare_end(text, start).min(next).max(start);
        }
        here = next + 1;
    }
}

/// A YAML block: the lines below that are indented.
fn block(text: &[u8], here: usize) -> Option<Value> {
    let head = run(text, here + 1, |byte| matches!(byte, b'-' | b'+' | b' ' | b'1'..=b'9'));
    if at(text, head) != b'\n' {
        return None;
    }
    let line = run_back(text, here, 512, |byte| byte != b'\n');
    let outer = run(text, line, |byte| matches!(byte, b' ' | b'-')) - line;
    let start = run(text, head + 1, |byte| byte == b' ');
    let mut end = head;
    let mut line = head + 1;
    while line < text.len() {
        let body = run(text, line, |byte| byte == b' ');
        if body - line <= outer && at(text, body) != b'\n' {
            break;
        }
        end = run(text, body, |byte| byte != b'\n');
        line = end + 1;
    }
    (end > start).then_some(Value { start, end, firm: true })
}

/// Where a value without quotes ends: at a blank or quote, or where a list, query or object plainly goes on.
pub(crate) fn bare_end(text: &[u8], start: usize) -> usize {
    let mut here = start;
    while let Some(len) = stand_in_len(slice(text, here, text.len())) {
        here += len;
    }
    // A stand-in further on belongs to something else.
    let text = memchr::memmem::find(slice(text, here, text.len()), MARK.as_bytes()).map_or(text, |mark| slice(text, 0, here + mark));
    if matches!(slice(text, start, start + 2), b"${" | b"$(" | b"{{") {
        here = run(text, here, |byte| !matches!(byte, b'}' | b')' | b'\n' | b' '));
        return run(text, here, |byte| matches!(byte, b'}' | b')'));
    }
    loop {
        here = run(text, here, |byte| {
            !byte.is_ascii_whitespace()
                && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b',' | b';' | b'&' | b')' | b'}' | b']' | b'|' | b'\\')
                && byte != 0
        });
        match at(text, here) {
            b',' | b';' | b'&' | b')' | b'}' | b']' | b'|' if !ends_list(text, here + 1) => here += 1,
            b'\\' if !matches!(at(text, here + 1), b'n' | b'r' | b't' | b'"' | b'\'' | b'\\' | b'\n' | 0) => here += 1,
            _ => break,
        }
    }
    // A full stop or colon closes a sentence.
    while here > start && matches!(before(text, here), b'.' | b':') {
        here -= 1;
    }
    here
}

/// Whether after a comma, semicolon or bracket something else begins.
fn ends_list(text: &[u8], here: usize) -> bool {
    let next = at(text, here);
    if next == 0
        || next.is_ascii_whitespace()
        || matches!(next, b'"' | b'\'' | b',' | b';' | b'}' | b']' | b')' | b'{' | b'[' | b'\\' | b'<')
    {
        return true;
    }
    let name = run(slice(text, 0, here + NAME_BYTES_LOOKED_AT), here, is_name);
    name > here && matches!(at(text, name), b'=' | b':' | b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        ["passw", "secret", "token", "key", "auth", "_salt", "identified by"].iter().find_map(|word| {
            let start = text.to_ascii_lowercase().find(word)?;
            secret_at(text.as_bytes(), start, start + word.len()).map(|range| &text[range])
        })
    }

    #[test]
    fn values_are_found_however_they_are_joined() {
        for text in [
            "password=hunter2",
            "password: hunter2",
            r#"{"password":"hunter2","user":"bob"}"#,
            r#"{\"password\":\"hunter2\"}"#,
            "--password hunter2 --user bob",
            "--password=hunter2",
            "<password>hunter2</password>",
            "PASSWORD: 'hunter2'",
            r#"{"name":"DB_PASSWORD","value":"hunter2"}"#,
            "- name: DB_PASSWORD\n  value: hunter2\n",
            "password: >-\n  hunter2\nuser: bob",
            "Server=db;Password=hunter2;Database=x",
            "a?password=hunter2&user=bob",
            "IDENTIFIED BY 'hunter2'",
            "password => hunter2",
            "machine h login u password hunter2",
            "config[\"password\"] = \"hunter2\"",
            "DB_PASSWORD:   hunter2\n",
            "(password=hunter2)",
            r"password=hunter2\nuser=bob",
            "password=hunter2, user=bob",
        ] {
            assert_eq!(found(text), Some("hunter2"), "{text}");
        }
        assert_eq!(found("DB_PASSWORD=a&b,c;d"), Some("a&b,c;d"));
    }

    #[test]
    fn what_is_announced_goes_whatever_it_looks_like() {
        for (text, value) in [
            ("client_secret: topsecret", "topsecret"),
            ("token: abcdefgh", "abcdefgh"),
            ("auth_token=letmein", "letmein"),
            (r#""secretKey": "x1""#, "x1"),
            ("api_key: 12345678", "12345678"),
            ("SECRET: 12345", "12345"),
            ("Authorization: plainvalue", "plainvalue"),
            (r#"["--redis-password", "cachepw", "--port", "8080"]"#, "cachepw"),
            ("password: open sesame\nuser: bob", "open sesame"),
        ] {
            assert_eq!(found(text), Some(value), "{text}");
        }
    }

    #[test]
    fn prose_and_references_are_left_alone() {
        for text in [
            "password authentication failed for user",
            "couldn't find key password in Secret shop/db",
            "invalid password: authentication failed",
            "secretName: db-creds",
            "password: $(DB_PASSWORD)",
            "password: ${DB_PASSWORD}",
            "secret: shop/db-creds",
            "token: unexpected end",
            "automountServiceAccountToken: true",
            "tokenExpirationSeconds: 3607",
            "key: password\n",
            "auth: required",
            "secret \"db\" not found",
            "password=[redacted:password:00000000]",
            "max_tokens=4096",
            "password: ****",
            "--token-ttl 5m",
            "token expired: 2026-04-14T09:30:00Z",
            "token: 15m",
            "token: 15",
            "secret=shop/db-creds",
            "unexpected token: banana",
            "/entrypoint.sh: line 4: COUPON_SALT: unbound variable",
            "API_KEY: nothing like it there",
            r#"Post "https://sso.example.org/token": dial tcp: i/o timeout"#,
            "secret: mounting takes long",
            "authorization: denied by policy",
            "tokens_total: 48213",
            "--secret=[MASKED]",
            r#""--password", "--user", "bob""#,
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
