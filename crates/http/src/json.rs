//! Bodies, read strictly: one JSON document, bounded in depth, each key once, no field that the type does not know.
//!
//! The document is walked once before it is read, since a typed reading passes over keys that stand twice in free-form parts, and takes
//! the last where another reader would take the first.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use assent_api::problem::FieldProblem;
use assent_api::{Code, Problem};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::objects::Objects;

/// Characters of an explanation at most; it can quote what was sent.
const DETAIL_CHARS_MAX: usize = 300;

/// Reads a body. Nothing at all reads as `{}`.
///
/// # Errors
/// Bytes that are not exactly one document of this type.
pub fn read<T: DeserializeOwned>(bytes: &[u8], depth_max: usize) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Code::BadRequest, "the body is no UTF-8"))?;
    let text = if text.is_empty() { "{}" } else { text };
    walk(text, depth_max)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(Objects(&mut reader)).map_err(|error| {
        let pointer = pointer(error.path());
        field(pointer, &error.inner().to_string())
    })
}

/// A field that cannot be read.
pub(crate) fn field(pointer: String, detail: &str) -> Problem {
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
    let mut problem = Problem::new(Code::BadRequest, if pointer.is_empty() { detail.clone() } else { format!("`{pointer}`: {detail}") });
    problem.fields.push(FieldProblem { pointer, detail });
    problem
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            // A variant is the key of its object; an unknown place has no name.
            Segment::Enum { variant } => pointer.push_str(&format!("/{variant}")),
            Segment::Unknown => break,
        }
    }
    pointer.chars().take(DETAIL_CHARS_MAX).collect()
}

fn walk(text: &str, depth_max: usize) -> Result<(), Problem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let walked = Walk { depth_left: depth_max }.deserialize(&mut reader).and_then(|()| reader.end());
    walked.map_err(|error| field(String::new(), &format!("the body is not acceptable JSON: {error}")))
}

/// Walks one value and keeps nothing.
#[derive(Clone, Copy)]
struct Walk {
    depth_left: usize,
}

impl Walk {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        self.depth_left.checked_sub(1).map(|depth_left| Self { depth_left }).ok_or_else(|| E::custom("it is nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let deeper = self.deeper()?;
        while items.next_element_seed(deeper)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let deeper = self.deeper()?;
        let mut seen = BTreeSet::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("`{key}` stands twice in one object")));
            }
            seen.insert(key);
            entries.next_value_seed(deeper)?;
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assent_api::environments::CreateEnvironment;

    const DEPTH: usize = 8;

    #[test]
    fn what_cannot_be_read_exactly_is_refused() {
        for (body, why) in [
            (r#"{"name":"a","criticality":"lab","extra":1}"#, "unknown field"),
            (r#"{"name":"a","name":"b","criticality":"lab"}"#, "stands twice"),
            (r#"{"name":"a","n\u0061me":"b","criticality":"lab"}"#, "stands twice"),
            (r#"{"name":"a","criticality":"lab"} {}"#, "trailing characters"),
            (r#"{"name":"a","criticality":"LAB"}"#, "unknown variant"),
            (r#"{"name":1,"criticality":"lab"}"#, "`/name`"),
            (r#"{"name":"a","criticality":"lab","retention":{"incidents_days":-1}}"#, "`/retention/incidents_days`"),
            ("[[[[[[[[[1]]]]]]]]]", "too deeply"),
            ("", "missing field"),
            (r#"["a","lab"]"#, "expected an object"),
            (r#"{"name":"a","criticality":"lab","retention":[1,1]}"#, "`/retention`: expected an object"),
            ("\u{feff}{}", "expected value"),
        ] {
            let problem = read::<CreateEnvironment>(body.as_bytes(), DEPTH).expect_err(body);
            assert_eq!(problem.code, Code::BadRequest);
            assert!(problem.detail.contains(why), "{body}: {}", problem.detail);
        }
        assert!(read::<CreateEnvironment>(b"{\"name\":\"\xff\"}", DEPTH).is_err(), "bad UTF-8");
        assert!(read::<serde_json::Value>(br#"{"a":[{"b":1,"b":2}]}"#, DEPTH).is_err(), "twice, in a part without a type");
    }

    #[test]
    fn objects_are_objects_at_every_depth() {
        let batch = |signals: &str| {
            let body = format!(r#"{{"stream":"s","signals":[{signals}]}}"#);
            read::<assent_api::observer::Batch>(body.as_bytes(), DEPTH)
        };
        let good = batch(r#"{"seq":1,"signal":{"object":{"at":"2026-05-04T10:00:00Z","body":{"kind": "Pod", "list":[1.50]}}}}"#);
        let good = good.expect("a batch");
        let body = match &good.signals[0].signal {
            assent_api::observer::Signal::Object { body, .. } => body.get(),
            other => panic!("{other:?}"),
        };
        assert_eq!(body, r#"{"kind": "Pod", "list":[1.50]}"#, "byte for byte");
        assert!(batch(r#"[1,{"object":{"at":"2026-05-04T10:00:00Z","body":{}}}]"#).is_err(), "a struct in a list");
        assert!(batch(r#"{"seq":1,"signal":{"object":["2026-05-04T10:00:00Z",{}]}}"#).is_err(), "a variant with fields");
    }

    #[test]
    fn a_body_of_nothing_is_an_empty_object() {
        assert!(read::<assent_api::Empty>(b"", DEPTH).is_ok());
        assert!(read::<assent_api::incidents::RerunIncident>(b"", DEPTH).is_ok());
    }

    #[test]
    fn an_explanation_is_short_whatever_was_sent() {
        let long = format!(r#"{{"{}":1}}"#, "x".repeat(100_000));
        let problem = read::<assent_api::Empty>(long.as_bytes(), DEPTH).expect_err("an unknown field");
        assert!(problem.detail.len() < 1_000, "{}", problem.detail.len());
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read::<assent_api::observer::Batch>(&bytes, DEPTH);
        }
    }
}
