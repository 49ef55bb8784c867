//! What is replaced before anything is kept: the rules of the environment, in the hands of the screen.

use assent_api::redaction::RedactionRules;
use serde_json::Value;

/// What stands in place of a value.
const REDACTED: &str = "[redacted]";

/// Why the platform's rules cannot be used. Nothing is sent then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rules for redaction cannot be used: {0}")]
pub(crate) struct BadRules(String);

/// Replaces secrets.
pub(crate) struct Redactor;

impl Redactor {
    pub(crate) fn new(_rules: &RedactionRules, pseudonym_key: &str) -> Result<Self, BadRules> {
        let key = hex::decode(pseudonym_key).map_err(|_| BadRules("the key for pseudonyms is not hexadecimal".to_owned()))?;
        if key.len() == 32 { Ok(Self) } else { Err(BadRules("the key for pseudonyms is not 32 bytes long".to_owned())) }
    }

    /// Replaces what must not leave, and says how often.
    pub(crate) fn object(&self, object: &mut Value) -> u64 {
        match object {
            Value::Array(items) => items.iter_mut().map(|item| self.object(item)).sum(),
            Value::Object(fields) => fields
                .iter_mut()
                .map(|(key, value)| match (key.as_str(), &mut *value) {
                    ("data" | "annotations", Value::Object(values)) => values.values_mut().map(blank).sum(),
                    ("value", value @ Value::String(_)) => blank(value),
                    (_, value) => self.object(value),
                })
                .sum(),
            _ => 0,
        }
    }

    /// Replaces a text.
    pub(crate) fn text(&self, _text: &str) -> (String, u64) {
        (REDACTED.to_owned(), 1)
    }
}

fn blank(value: &mut Value) -> u64 {
    *value = Value::from(REDACTED);
    1
}
