//! Versions as entity tags: version 7 is `"7"`.

use assent_api::{Code, Problem};

use crate::text;

/// The tag of a version.
pub(crate) fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Reads `If-Match`. `*` asks for nothing but existence, which the operation itself finds out. Whatever no tag of ours looks like cannot
/// match, so it is stale; several tags are refused, since nobody reads several versions.
pub(crate) fn if_match(header: &str) -> Result<Option<u64>, Problem> {
    let header = header.trim();
    if header == "*" {
        return Ok(None);
    }
    if header.contains(',') {
        return Err(Problem::new(Code::BadRequest, "`If-Match` must name one version"));
    }
    version(header).map(Some).ok_or_else(|| Problem::new(Code::Stale, "`If-Match` names no version that there was"))
}

/// Whether `If-None-Match` names this version: then there is nothing new to send.
pub(crate) fn none_match(header: &str, version_now: u64) -> bool {
    header.split(',').map(str::trim).any(|tag| tag == "*" || version(tag.strip_prefix("W/").unwrap_or(tag)) == Some(version_now))
}

fn version(tag: &str) -> Option<u64> {
    text::whole_number(tag.strip_prefix('"')?.strip_suffix('"')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back() {
        assert_eq!(if_match(&tag(7)).ok(), Some(Some(7)));
        assert_eq!(if_match("*").ok(), Some(None));
        assert!(none_match("W/\"3\", \"7\"", 7) && !none_match("\"8\"", 7));
    }

    #[test]
    fn what_is_no_tag_of_ours_is_stale_and_several_are_refused() {
        for tag in ["7", "W/\"7\"", "\"07\"", "\"\"", "\"", "\"x\"", ""] {
            assert_eq!(if_match(tag).expect_err(tag).code, Code::Stale, "{tag}");
        }
        assert_eq!(if_match("\"1\",\"2\"").expect_err("two").code, Code::BadRequest);
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(header in "\\PC{0,40}") {
            let _ = if_match(&header);
            let _ = none_match(&header, 1);
        }
    }
}
