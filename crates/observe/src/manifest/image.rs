//! The name of a container image in a manifest, and whether anybody can put another image behind it.
//!
//! `registry.example/assent-observer:0.1.0` names whatever its registry has under that tag today; with `@sha256:…` it names one image for good.
//! Source: the grammar of references of the OCI distribution specification, version 1.1, and its limits.

use std::net::Ipv6Addr;

use super::parts::{BadSpec, quoted};

/// Longest name without tag and digest.
const NAME_CHARS_MAX: usize = 255;
/// Longest tag.
const TAG_CHARS_MAX: usize = 128;
/// Characters of a name that somebody is told is none.
const SHOWN_CHARS_MAX: usize = 100;

/// What an image is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// Its digest: it is this image for good.
    Digest,
    /// A tag, or nothing at all, which means `latest`: whoever may push can put another image there.
    Tag,
}

/// Checks the name of an image.
///
/// # Errors
/// When no image can be called so.
pub fn check(text: &str) -> Result<NamedBy, BadSpec> {
    read(text).ok_or_else(|| BadSpec::Image(text.chars().take(SHOWN_CHARS_MAX).collect()))
}

/// The line that names the image of a container, and before it what somebody should know who applies it.
///
/// # Errors
/// When no image can be called so.
pub fn line(setting: &str, text: &str) -> Result<String, BadSpec> {
    let known = match check(text)? {
        NamedBy::Digest => "# This image and no other, whatever becomes of the registry's tags.".to_owned(),
        NamedBy::Tag => format!(
            "# Whoever may push to the registry can put another image under this name. With a digest (`…@sha256:…`) nobody can:\n\
             \x20         # set `{setting}` in Assent's configuration."
        ),
    };
    Ok(format!("          {known}\n          image: {}\n", quoted(text)))
}

fn read(text: &str) -> Option<NamedBy> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    // The colon of a port stands before a slash, that of a tag behind all of them.
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let is_fine = is_name(name) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    is_fine.then_some(if digest.is_some() { NamedBy::Digest } else { NamedBy::Tag })
}

fn is_name(name: &str) -> bool {
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            if !is_host(host) {
                return false;
            }
            path
        }
        _ => name,
    };
    name.len() <= NAME_CHARS_MAX && path.split('/').all(is_component)
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_fine = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')),
    };
    is_fine && port.is_none_or(|port| port.starts_with(|c: char| c.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

/// Small letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(is_inner)
        && text.ends_with(is_inner)
        && text.split(is_inner).all(|between| matches!(between, "" | "." | "_" | "__") || between.chars().all(|c| c == '-'))
}

fn is_tag(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= TAG_CHARS_MAX && text.starts_with(is_word) && text.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

fn is_digest(text: &str) -> bool {
    let is_hex = |hex: &str, chars: usize| hex.len() == chars && hex.chars().all(|c| c.is_ascii_digit() || matches!(c, 'a'..='f'));
    match text.split_once(':') {
        Some(("sha256", hex)) => is_hex(hex, 64),
        Some(("sha512", hex)) => is_hex(hex, 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_digest_cannot_be_moved_and_others_can() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for name in ["assent-observer", "registry.example/a", "localhost:5000/a/b_c", "[::1]:5000/a", "r.example:443/a:1.0", "a/b__c/d--e"]
        {
            assert_eq!(check(name), Ok(NamedBy::Tag), "{name}");
            assert_eq!(check(&format!("{name}@{digest}")), Ok(NamedBy::Digest), "{name}");
        }
        assert_eq!(check(&format!("a@sha512:{}", "0".repeat(128))), Ok(NamedBy::Digest));
    }

    #[test]
    fn what_no_image_is_called_is_refused() {
        let long = "a".repeat(256);
        let bad = [
            "",
            " ",
            "a b",
            "A",
            "a/",
            "/a",
            "a//b",
            "-a",
            "a..b",
            "a___b",
            "a:",
            "a:-x",
            "a:b:c",
            "a@",
            "a@sha256:0",
            "a@md5:0",
            "u:p@registry.example/a",
            "https://registry.example/a",
            "registry.example:x/a",
            "registry.example:99999/a",
            "x\n---\nkind: Pod",
            "a@sha256:0@sha256:0",
            "a\"b",
            "a#b",
            long.as_str(),
        ];
        for name in bad {
            assert!(matches!(check(name), Err(BadSpec::Image(_))), "{name}");
        }
        let capitals = format!("a@sha256:{}", "0A".repeat(32));
        assert!(check(&capitals).is_err() && check(&format!("a:{}", "t".repeat(129))).is_err());
    }

    #[test]
    fn the_line_says_what_the_name_is_worth() {
        let by_tag = line("observer_image", "registry.example/a:1").unwrap();
        assert!(by_tag.contains("set `observer_image`") && by_tag.ends_with("          image: \"registry.example/a:1\"\n"), "{by_tag}");
        let by_digest = line("observer_image", &format!("a@sha256:{}", "0".repeat(64))).unwrap();
        assert!(by_digest.contains("no other") && !by_digest.contains("push"), "{by_digest}");
        assert!(by_tag.lines().chain(by_digest.lines()).all(|line| line.starts_with("          ")));
    }
}
