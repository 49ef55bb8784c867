//! JSON patches (RFC 6902) of three operations and a test, and how edits become one together with its inverse.
//!
//! Each value that an edit touches is tested first, so that a payload that meets another object than the one it was drawn for does
//! nothing at all. `move` and `copy` do not exist here: what they write depends on what they find.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Bytes of a pointer.
pub const POINTER_BYTES_MAX: usize = 1024;

/// A change of one field: it gets a value, or goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Which field, as a JSON pointer (RFC 6901).
    pub path: String,
    /// What it becomes; absent removes it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub value: Option<Value>,
}

/// Tells `null` from absence. A field never becomes null: the API server would drop it, and the inverse would not fit.
fn some<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Value>, D::Error> {
    match Value::deserialize(input)? {
        Value::Null => Err(serde::de::Error::custom("a field cannot become null; leave `value` out to remove it")),
        value => Ok(Some(value)),
    }
}

impl Edit {
    /// Sets a field.
    #[must_use]
    pub fn set(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { path: path.into(), value: Some(value.into()) }
    }

    /// Removes a field.
    #[must_use]
    pub fn remove(path: impl Into<String>) -> Self {
        Self { path: path.into(), value: None }
    }
}

/// One operation of a JSON patch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Op {
    /// Goes on only if exactly this stands there.
    Test {
        /// Where.
        path: String,
        /// What.
        value: Value,
    },
    /// Puts a field where there was none.
    Add {
        /// Where.
        path: String,
        /// What.
        value: Value,
    },
    /// Puts another value in place of one.
    Replace {
        /// Where.
        path: String,
        /// What.
        value: Value,
    },
    /// Takes a field away.
    Remove {
        /// Where.
        path: String,
    },
}

impl Op {
    /// Where it works.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Op::Test { path, .. } | Op::Add { path, .. } | Op::Replace { path, .. } | Op::Remove { path } => path,
        }
    }

    /// Whether it changes anything.
    #[must_use]
    pub const fn writes(&self) -> bool {
        !matches!(self, Op::Test { .. })
    }
}

/// Why edits do not fit an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEdit {
    /// It is no JSON pointer, or too long.
    #[error("`{0}` is no pointer to a field")]
    Pointer(String),
    /// Nothing is there that could be removed, or the way there is no map.
    #[error("there is no place for `{0}`")]
    NoPlace(String),
    /// The field already is so.
    #[error("`{0}` is so already")]
    NoChange(String),
    /// An operation did not apply.
    #[error("the patch does not apply: {0}")]
    DoesNotApply(String),
}

/// A patch and what undoes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reversible {
    /// The change.
    pub change: Vec<Op>,
    /// What takes it back.
    pub inverse: Vec<Op>,
    /// The object after the change.
    pub after: Value,
}

/// The parts of a pointer, unescaped.
///
/// # Errors
/// When it is none, points at the whole object, or is too long.
pub fn parts(path: &str) -> Result<Vec<String>, BadEdit> {
    let bad = || BadEdit::Pointer(path.chars().take(80).collect());
    let rest = path.strip_prefix('/').filter(|_| path.len() <= POINTER_BYTES_MAX).ok_or_else(bad)?;
    rest.split('/')
        .map(|part| {
            let valid = part.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
            if valid { Ok(part.replace("~1", "/").replace("~0", "~")) } else { Err(bad()) }
        })
        .collect()
}

/// One part of a pointer, escaped.
#[must_use]
pub fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// What stands at a pointer. None when nothing does.
#[must_use]
pub fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    object.pointer(path)
}

/// Turns edits of an object into a patch with tests, and into the patch that takes it back.
///
/// # Errors
/// When an edit does not fit the object, or changes nothing.
pub fn compile(object: &Value, edits: &[Edit]) -> Result<Reversible, BadEdit> {
    let mut after = object.clone();
    let (mut change, mut undo) = (Vec::new(), Vec::new());
    for edit in edits {
        let (forward, back) = ops(&after, edit)?;
        after = applied(&after, &forward)?;
        change.extend(forward);
        undo.push(back);
    }
    let inverse = undo.into_iter().rev().flatten().collect();
    Ok(Reversible { change, inverse, after })
}

/// The operations of one edit, and those that take it back.
fn ops(object: &Value, edit: &Edit) -> Result<(Vec<Op>, Vec<Op>), BadEdit> {
    let parts = parts(&edit.path)?;
    let path = edit.path.clone();
    let test = |value: &Value| Op::Test { path: path.clone(), value: value.clone() };
    match (at(object, &path), &edit.value) {
        (Some(before), Some(value)) if before == value => Err(BadEdit::NoChange(path)),
        (Some(before), Some(value)) => Ok((
            vec![test(before), Op::Replace { path: path.clone(), value: value.clone() }],
            vec![test(value), Op::Replace { path: path.clone(), value: before.clone() }],
        )),
        (Some(before), None) => {
            let (parent, _) = path.rsplit_once('/').unwrap_or_default();
            // Removing an item moves those after it, and what is put back at the end is not where it was.
            if !at(object, parent).is_some_and(Value::is_object) {
                return Err(BadEdit::NoPlace(path));
            }
            Ok((vec![test(before), Op::Remove { path: path.clone() }], vec![Op::Add { path: path.clone(), value: before.clone() }]))
        }
        (None, None) => Err(BadEdit::NoPlace(path)),
        (None, Some(value)) => added(object, &parts, value),
    }
}

/// Adds a field, with the maps on the way to it that are not there.
fn added(object: &Value, parts: &[String], value: &Value) -> Result<(Vec<Op>, Vec<Op>), BadEdit> {
    let mut here = object;
    let mut path = String::new();
    for (depth, part) in parts.iter().enumerate() {
        path.push('/');
        path.push_str(&escape(part));
        match here {
            Value::Object(map) => match map.get(part) {
                Some(next) => here = next,
                None => {
                    let rest = parts.get(depth + 1..).unwrap_or_default();
                    let nested = rest.iter().rev().fold(value.clone(), |inner, key| Value::Object(Map::from_iter([(key.clone(), inner)])));
                    return Ok((
                        vec![Op::Add { path: path.clone(), value: nested.clone() }],
                        vec![Op::Test { path: path.clone(), value: nested }, Op::Remove { path }],
                    ));
                }
            },
            // An item may be added after the last, where taking it away again moves nothing.
            Value::Array(items) if parts.len() == depth + 1 && *part == items.len().to_string() => {
                return Ok((
                    vec![Op::Add { path: path.clone(), value: value.clone() }],
                    vec![Op::Test { path: path.clone(), value: value.clone() }, Op::Remove { path }],
                ));
            }
            Value::Array(items) => {
                let item = part.parse::<usize>().ok().filter(|index| index.to_string() == *part).and_then(|index| items.get(index));
                here = item.ok_or_else(|| BadEdit::NoPlace(path.clone()))?;
            }
            _ => return Err(BadEdit::NoPlace(path)),
        }
    }
    Err(BadEdit::NoPlace(path))
}

/// An object after a patch. Either all operations apply or none does.
///
/// # Errors
/// When an operation does not apply or a test fails.
pub fn applied(object: &Value, ops: &[Op]) -> Result<Value, BadEdit> {
    let wrong = |cause: &dyn std::fmt::Display| BadEdit::DoesNotApply(cause.to_string());
    let patch: json_patch::Patch = serde_json::to_value(ops).and_then(serde_json::from_value).map_err(|cause| wrong(&cause))?;
    let mut after = object.clone();
    json_patch::patch(&mut after, &patch.0).map_err(|cause| wrong(&cause))?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_is_added_with_its_way_and_goes_again() {
        let object = json!({"spec": {"template": {}}});
        let both = compile(&object, &[Edit::set("/spec/template/metadata/annotations/a~1b", "c")]).unwrap();
        assert_eq!(both.change, [Op::Add { path: "/spec/template/metadata".into(), value: json!({"annotations": {"a/b": "c"}}) }]);
        assert_eq!(both.after["spec"]["template"]["metadata"]["annotations"]["a/b"], "c");
        assert_eq!(applied(&both.after, &both.inverse).unwrap(), object);
    }

    #[test]
    fn edits_of_one_place_are_taken_back_in_reverse() {
        let object = json!({"spec": {"a": 1, "b": {"c": 2}}});
        let edits = [Edit::set("/spec/a", 5), Edit::remove("/spec/b"), Edit::set("/spec/b", "x"), Edit::set("/spec/a", 6)];
        let both = compile(&object, &edits).unwrap();
        assert_eq!(both.after, json!({"spec": {"a": 6, "b": "x"}}));
        assert_eq!(applied(&both.after, &both.inverse).unwrap(), object);
    }

    #[test]
    fn edits_that_change_nothing_or_have_no_place_are_refused() {
        let object = json!({"spec": {"a": 1, "l": [1]}});
        for bad in [Edit::set("/spec/a", 1), Edit::set("/spec/a/b", 1), Edit::remove("/spec/x"), Edit::remove("/spec/l/0")] {
            assert!(compile(&object, std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
        for bad in [Edit::set("spec", 1), Edit::set("", 1), Edit::set("/spec/~2", 1), Edit::set("/spec/l/7", 1), Edit::set("/spec/l/-", 1)]
        {
            assert!(compile(&object, std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn null_is_no_value_of_an_edit() {
        assert!(serde_json::from_str::<Edit>(r#"{"path":"/spec/a","value":null}"#).is_err());
        assert!(serde_json::from_str::<Edit>(r#"{"path":"/spec/a"}"#).is_ok());
        assert!(serde_json::from_str::<Op>(r#"{"op":"move","path":"/a","from":"/b"}"#).is_err());
    }
}
