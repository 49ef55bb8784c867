//! References to container images: `registry.example:5000/shop/web:v2@sha256:…`.

use super::OutOfDomain;
use super::text::bounded_text;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes of a reference: 255 of the name, 128 of a tag and 71 of a digest fit.
const IMAGE_BYTES_MAX: usize = 512;
/// Bytes of a tag.
const TAG_BYTES_MAX: usize = 128;
/// The registry of a reference that names none.
pub const DEFAULT_REGISTRY: &str = "docker.io";

bounded_text! {
    /// A reference to an image that names a tag or a digest.
    Image("a reference to an image with a tag or a digest", IMAGE_BYTES_MAX, is_image);
}

impl Image {
    /// The registry: what stands before the first slash if it looks like a host, else the default registry.
    #[must_use]
    pub fn registry(&self) -> &str {
        split_registry(self.as_str()).0.unwrap_or(DEFAULT_REGISTRY)
    }

    /// The reference without tag and digest.
    #[must_use]
    pub fn repository(&self) -> &str {
        let (name, _) = self.as_str().split_once('@').unwrap_or((self.as_str(), ""));
        match name.rsplit_once(':') {
            Some((before, tag)) if !tag.contains('/') => before,
            _ => name,
        }
    }
}

fn split_registry(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
        _ => (None, text),
    }
}

fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let (host, path) = split_registry(name);
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    let part = |part: &str| {
        let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
        ends(part.bytes().next()) && ends(part.bytes().last()) && part.bytes().all(inner)
    };
    host.is_none_or(is_host)
        && path.split('/').all(part)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
        && (tag.is_some() || digest.is_some())
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    super::text::is_name(host) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_tag(tag: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=TAG_BYTES_MAX).contains(&tag.len()) && tag.bytes().all(inner) && !tag.starts_with(['.', '-'])
}

fn is_digest(digest: &str) -> bool {
    let digits = digest.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_into_registry_and_repository() {
        let read = |text: &str| text.parse::<Image>().map(|image| (image.registry().to_owned(), image.repository().to_owned()));
        let pair = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
        assert_eq!(read("registry.example:5000/shop/web:v2"), pair("registry.example:5000", "registry.example:5000/shop/web"));
        assert_eq!(read("nginx:1.27"), pair("docker.io", "nginx"));
        assert_eq!(read(&format!("ghcr.io/a/b@sha256:{}", "0".repeat(64))), pair("ghcr.io", "ghcr.io/a/b"));
    }

    #[test]
    fn what_names_no_version_or_is_no_reference_is_refused() {
        for bad in ["nginx", "Nginx:1", "nginx:", "a b:1", "reg.example/:1", "nginx:1@sha256:00", "-a:1", "x:1;rm", "reg.example:0/a:1"] {
            assert!(bad.parse::<Image>().is_err(), "{bad}");
        }
    }
}
