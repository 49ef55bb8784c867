//! Secrets with a shape of their own: URLs with a password, armoured keys, headers, web tokens, password hashes, webhooks.

use std::ops::Range;

use memchr::memmem;

use crate::assign::{bare_end, is_secret};
use crate::cursor::{at, before, is_alnum, is_name, run, run_back, slice, starts_with};
use crate::names::Strength;
use crate::pseudonym::stand_in_len;
use crate::verify;

/// Longest armoured key that is looked for; an armour without end goes as far as it can be key material.
pub(crate) const ARMOUR_BYTES_MAX: usize = 16 * 1024;
/// Longest authority of a URL, and longest password in one.
const AUTHORITY_BYTES_MAX: usize = 512;

/// How far before a scheme the name of its header may begin.
const HEADER_BYTES_LOOKED_AT: usize = 32;
/// How far before an option the command may begin that it belongs to.
const COMMAND_BYTES_LOOKED_AT: usize = 256;
/// Longest credential of a header, and longest web token.
const CREDENTIAL_BYTES_MAX: usize = 8 * 1024;

/// What was found, and the rule that found it.
pub(crate) type Special = (Range<usize>, &'static str);

/// The password of `postgres://app:password@db.shop/orders`; the user and the host stay.
pub(crate) fn url(text: &[u8], start: usize, end: usize) -> Option<Special> {
    let text = slice(text, 0, end + AUTHORITY_BYTES_MAX);
    let stops = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | 0);
    let whole = run(text, end, |byte| !stops(byte));
    let slash = run(slice(text, 0, whole), end, |byte| !matches!(byte, b'/' | b'?' | b'#'));
    let scheme_start = run_back(text, start, 24, |byte| is_alnum(byte) || matches!(byte, b'+' | b'.' | b'-'));
    let scheme = slice(text, scheme_start, start);
    // A password may hold an unescaped slash where nobody expects a web page.
    let web = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https") || scheme.ends_with(b"oci");
    let authority = |upto: usize| slice(text, end, upto).iter().rposition(|byte| *byte == b'@').map(|place| end + place);
    let sign = authority(slash).or_else(|| authority(whole).filter(|_| !web))?;
    let colon = slice(text, end, sign).iter().position(|byte| *byte == b':').map(|place| end + place);
    let (rule, range) = match colon {
        Some(colon) if sign > colon + 1 => ("url-password", colon + 1..sign),
        // A lone user is a token when it is random, as in `https://TOKEN@github.com`.
        None if sign - end >= 16 && verify::mixed(slice(text, end, sign)) => ("url-token", end..sign),
        Some(_) | None => return None,
    };
    is_secret(Strength::Strong, slice(text, range.start, range.end), true, b"").then_some((range, rule))
}

/// Whether the `@` of an e-mail address would be the one of a URL.
pub(crate) fn in_authority(text: &[u8], local: usize) -> bool {
    let from =
        run_back(text, local, AUTHORITY_BYTES_MAX, |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'<' | b','));
    memmem::rfind(slice(text, from, local), b"://")
        .is_some_and(|scheme| !slice(text, from + scheme + 3, local).iter().any(|byte| matches!(byte, b'/' | b'?')))
}

/// PEM armour from `-----BEGIN` on.
pub(crate) enum Armour {
    /// A key: all of it goes.
    Private(Range<usize>),
    /// A certificate or public key: random, and meant to be seen.
    Public(Range<usize>),
}

/// The armour that begins here.
pub(crate) fn armour(text: &[u8], start: usize) -> Option<Armour> {
    let text = slice(text, 0, start + ARMOUR_BYTES_MAX);
    let label_start = start + b"-----BEGIN".len();
    let label_end = run(slice(text, 0, label_start + 48), label_start, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b' ' | b'_')
    });
    let label = slice(text, label_start, label_end);
    let private = memmem::find(label, b"PRIVATE").is_some();
    let body = slice(text, label_end, text.len());
    let end = match memmem::find(body, b"-----END") {
        Some(place) => {
            let tail = run(slice(text, 0, label_end + place + 64), label_end + place + 8, |byte| {
                byte.is_ascii_uppercase() || matches!(byte, b' ' | b'0'..=b'9')
            });
            run(slice(text, 0, tail + 5), tail, |byte| byte == b'-')
        }
        None => run(text, label_end, |byte| {
            is_alnum(byte) || byte.is_ascii_whitespace() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'\\' | b':' | b',' | b'%')
        }),
    };
    match private {
        true => Some(Armour::Private(start..end)),
        false if label.len() > 1 => Some(Armour::Public(start..end)),
        false => None,
    }
}

/// `Bearer x`, `Basic eDp5`, `Authorization: Token x`.
pub(crate) fn scheme(text: &[u8], start: usize, end: usize) -> Option<Special> {
    if is_name(before(text, start)) && before(text, start.saturating_sub(1)) != b'\\' {
        return None;
    }
    let word = slice(text, start, end);
    let value_start = run(slice(text, 0, end + 8), end, |byte| matches!(byte, b' ' | b':' | b'=' | b'\t'));
    if value_start == end && before(text, end) != b' ' {
        return None;
    }
    let inside = |byte: u8| is_alnum(byte) || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'.' | b'~' | b'!' | b'$' | b'*');
    let value_end = run(slice(text, 0, value_start + CREDENTIAL_BYTES_MAX), value_start, inside);
    let value_end = value_end - usize::from(before(text, value_end) == b'.' && value_end > value_start);
    let value_end = run(slice(text, 0, value_end + 2), value_end, |byte| byte == b'=');
    let value = slice(text, value_start, value_end);
    let random = value.len() >= 8 && verify::mixed(value);
    // After the header's name whatever follows the scheme is the credential; elsewhere `token x` is prose.
    let line = slice(text, start.saturating_sub(HEADER_BYTES_LOOKED_AT), start).to_ascii_lowercase();
    let lead = line.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let header = memmem::rfind(lead, b"authorization")
        .is_some_and(|place| !slice(lead, place + 13, lead.len()).iter().any(u8::is_ascii_alphanumeric));
    let found = if word.eq_ignore_ascii_case(b"bearer") {
        (random || value.len() >= 20).then_some("bearer-token")
    } else if word.eq_ignore_ascii_case(b"basic ") || word.eq_ignore_ascii_case(b"negotiate ") {
        verify::base64(value)
            .is_some_and(|bytes| value.len() >= 6 && (bytes.contains(&b':') && verify::is_text(&bytes) || value.len() > 40))
            .then_some("basic-auth")
    } else {
        (random && memmem::find(&line, b"authorization").is_some()).then_some("authorization")
    };
    let announced = header && at(text, value_end) != b'=' && is_secret(Strength::Strong, value, false, b"");
    let found = found.or(announced.then_some("authorization"));
    found.filter(|_| stand_in_len(value).is_none()).map(|rule| (value_start..value_end, rule))
}

/// Three parts in base64, of which the first is a JSON object; an encrypted one has five.
pub(crate) fn web_token(text: &[u8], start: usize) -> Option<Special> {
    // Inside a word, `eyJ` is chance; and a word made of it would be read over and over.
    if is_alnum(before(text, start)) {
        return None;
    }
    let text = slice(text, 0, start + CREDENTIAL_BYTES_MAX);
    let part = |from: usize| run(text, from, |byte| is_alnum(byte) || matches!(byte, b'-' | b'_'));
    if slice(text, start, start + 3) != b"eyJ" {
        return None;
    }
    let header = part(start);
    let object = verify::base64(slice(text, start, header))?;
    // The legacy keys of Grafana are a bare object with the key in it.
    if at(text, header) != b'.' {
        let key = memmem::find(&object, b"\"k\":\"").is_some() && memmem::find(&object, b"\"n\":").is_some();
        return key.then_some((start..run(text, header, |byte| byte == b'='), "grafana-token"));
    }
    let payload = part(header + 1);
    if payload < header + 3 || memmem::find(&object, b"\"alg\"").or_else(|| memmem::find(&object, b"\"typ\"")).is_none() {
        return None;
    }
    let mut end = payload;
    while at(text, end) == b'.' && end - start < CREDENTIAL_BYTES_MAX && part(end + 1) > end + 1 {
        end = part(end + 1);
    }
    Some((start..end, "jwt"))
}

/// `$2b$12$…`, `$6$salt$…`, `{SSHA}…`: what is left of a password, and enough to guess it.
pub(crate) fn crypt(text: &[u8], start: usize, end: usize) -> Option<Special> {
    let hash = run(slice(text, 0, end + AUTHORITY_BYTES_MAX), end, |byte| {
        is_alnum(byte) || matches!(byte, b'.' | b'/' | b'$' | b'=' | b',' | b'+')
    });
    (hash - end >= 22).then_some((start..hash, "password-hash"))
}

/// The path of a URL that anyone may post to who knows it.
pub(crate) fn webhook(text: &[u8], end: usize) -> Option<Special> {
    let slash = run(slice(text, 0, end + AUTHORITY_BYTES_MAX), end, |byte| is_name(byte) || byte == b':');
    let start = if before(text, end) == b'/' { end } else { slash + 1 };
    let stop = run(slice(text, 0, start + 1024), start, |byte| {
        is_alnum(byte) || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'?' | b'=' | b'&' | b'%' | b'@' | b'~' | b'+' | b':')
    });
    let path = slice(text, start, stop);
    (path.len() >= 16 && path.iter().any(u8::is_ascii_digit)).then_some((start..stop, "webhook-url"))
}

/// Tokens that show in their middle what they are.
pub(crate) fn middle(text: &[u8], start: usize, end: usize) -> Option<Special> {
    let word = slice(text, start, end);
    let text = slice(text, 0, end + AUTHORITY_BYTES_MAX);
    let url = |byte: u8| is_alnum(byte) || matches!(byte, b'-' | b'_');
    match word {
        b".atlasv1." => {
            let (from, to) = (run_back(text, start, 20, is_alnum), run(text, end, url));
            (start - from >= 10 && to - end >= 50).then_some((from..to, "terraform-token"))
        }
        b":AA" => {
            let (from, to) = (run_back(text, start, 12, |byte| byte.is_ascii_digit()), run(text, end, url));
            (start - from >= 8 && to - end >= 32).then_some((from..to, "telegram-token"))
        }
        b"8Q~" | b"7Q~" => {
            let azure = |byte: u8| url(byte) || matches!(byte, b'~' | b'.');
            let (from, to) = (run_back(text, start, 4, azure), run(text, end, azure));
            (start - from >= 3 && to - end >= 30).then_some((from..to, "azure-client-secret"))
        }
        b"token-" => {
            let name = run(text, end, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            let to = run(text, name + 1, is_alnum);
            (name - end == 5 && at(text, name) == b':' && to - name > 40).then_some((start..to, "rancher-token"))
        }
        b"-us" => {
            let (from, to) = (run_back(text, start, 33, |byte| byte.is_ascii_hexdigit()), run(text, end, |byte| byte.is_ascii_digit()));
            (start - from == 32 && (1..=2).contains(&(to - end))).then_some((from..to, "mailchimp-key"))
        }
        _ => None,
    }
}

/// `mysql -u root -phunter2`, `redis-cli -a hunter2`, `curl -u bob:hunter2`.
pub(crate) fn command(text: &[u8], start: usize, end: usize) -> Option<Special> {
    if is_name(before(text, start)) {
        return None;
    }
    let line = run(slice(text, 0, end + 512), end, |byte| !matches!(byte, b'\n' | b';' | b'|'));
    let name = slice(text, start, end);
    let (flags, apart, after_colon): (&[&[u8]], bool, bool) = if starts_with(name, 0, b"mysql") || starts_with(name, 0, b"mariadb") {
        (&[b"-p"], false, false)
    } else if starts_with(name, 0, b"curl") || starts_with(name, 0, b"wget") {
        (&[b"-u", b"--user", b"-U", b"--proxy-user"], true, true)
    } else if starts_with(name, 0, b"redis") {
        (&[b"-a"], true, false)
    } else if starts_with(name, 0, b"ldap") {
        (&[b"-w"], true, false)
    } else {
        (&[b"-p"], true, false)
    };
    let mut here = end;
    while here < line {
        let word = run(slice(text, 0, line), here, |byte| matches!(byte, b' ' | b'\t' | b'\'' | b'"' | b',' | b'\\'));
        let word_end = run(slice(text, 0, line), word, |byte| !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'='));
        if word_end <= word {
            here = word + 1;
            continue;
        }
        if let Some(flag) = flags.iter().find(|flag| slice(text, word, word + flag.len()) == **flag) {
            let attached = word + flag.len() < word_end;
            let value = if attached {
                word + flag.len()
            } else {
                run(slice(text, 0, line), word_end, |byte| matches!(byte, b' ' | b'\'' | b'"' | b'=' | b',' | b'\\'))
            };
            let value_end = bare_end(slice(text, 0, line), value);
            let colon = run(slice(text, 0, value_end), value, |byte| byte != b':') + 1;
            let from = if after_colon { colon } else { value };
            if (attached != apart || apart)
                && value_end > from
                && at(text, value) != b'-'
                && is_secret(Strength::Strong, slice(text, from, value_end), true, b"")
            {
                return Some((from..value_end, "command-password"));
            }
        }
        here = word_end + 1;
    }
    None
}

/// `app --user root -p hunter2`: where a user is named, or a shell is given a line, `-p` holds a password unless it plainly is a port or path.
pub(crate) fn option(text: &[u8], start: usize, end: usize) -> Option<Special> {
    let from = run_back(text, start, COMMAND_BYTES_LOOKED_AT, |byte| !matches!(byte, b'\n' | b';' | b'|' | b'&'));
    let line = slice(text, from, start);
    let has = |word: &[u8]| memmem::find(line, word).is_some();
    let user = has(b" --user") || has(b" -u ") || has(b" -U ");
    let value_end = bare_end(slice(text, 0, end + AUTHORITY_BYTES_MAX), end);
    let value = slice(text, end, value_end);
    let letter = value.iter().any(u8::is_ascii_alphabetic);
    let place = value.iter().any(|byte| matches!(byte, b'/' | b':' | b'='));
    // Without a user a plain word may be a protocol or project.
    let word = !value.iter().any(u8::is_ascii_digit);
    let shell = has(b"sh -c ") || has(b"sh\", \"-c\"") || has(b"sh\",\"-c\"");
    (letter && !place && at(text, end) != b'-' && (user || shell && !word) && is_secret(Strength::Strong, value, true, b""))
        .then_some((end..value_end, "command-password"))
}

/// The password of `app:hunter2@tcp(db:3306)/orders` and of `oracle:thin:app/hunter2@db`.
pub(crate) fn dsn(text: &[u8], start: usize, end: usize) -> Option<Special> {
    let stops = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'=' | b'<' | b'>' | 0);
    let (from, to, joint) = if at(text, start) == b'@' {
        (run_back(text, start, AUTHORITY_BYTES_MAX, |byte| !stops(byte)), start, b':')
    } else {
        let whole = run(slice(text, 0, end + AUTHORITY_BYTES_MAX), end, |byte| !stops(byte));
        (end, end + slice(text, end, whole).iter().rposition(|byte| *byte == b'@')?, b'/')
    };
    let from = from + slice(text, from, to).iter().position(|byte| *byte == joint)? + 1;
    is_secret(Strength::Strong, slice(text, from, to), true, b"").then_some((from..to, "url-password"))
}
