//! What is replaced before anything is kept: the rules of the environment, in the hands of the screen.

use std::sync::Arc;

use assent_api::redaction::{RedactionRule, RedactionRules};
use assent_screen::{Custom, PseudonymKey, Rule, Rules, Screen};
use serde_json::Value;

/// Why the platform's rules cannot be used. Nothing is sent then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rules for redaction cannot be used: {0}")]
pub(crate) struct BadRules(String);

/// Replaces secrets.
pub(crate) struct Redactor(Screen);

impl Redactor {
    /// Takes the rules and the key as the platform's welcome has them.
    pub(crate) fn new(rules: &RedactionRules, pseudonym_key: &str) -> Result<Self, BadRules> {
        let mut key = [0; 32];
        hex::decode_to_slice(pseudonym_key, &mut key)
            .map_err(|_| BadRules("the key for pseudonyms is not 64 hexadecimal digits".to_owned()))?;
        let own =
            |rules: &[RedactionRule]| rules.iter().map(|rule| Rule { name: rule.name.clone(), pattern: rule.pattern.clone() }).collect();
        let custom = Custom { deny: own(&rules.deny), allow: own(&rules.allow), addresses: rules.addresses };
        let rules = Rules::builtin().with(&custom).map_err(|error| BadRules(error.to_string()))?;
        Ok(Self(Screen::new(Arc::new(rules), PseudonymKey::new(&key))))
    }

    /// Replaces what must not leave, and says how often.
    pub(crate) fn object(&self, object: &mut Value) -> u64 {
        self.0.object(object).total()
    }

    /// Replaces what must not leave a text, and says how often.
    pub(crate) fn text(&self, text: &str) -> (String, u64) {
        let redacted = self.0.text(text);
        (redacted.text.into_owned(), redacted.hits.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_rules_of_an_environment_are_used_and_bad_ones_refused() {
        let key = "07".repeat(32);
        let deny = |pattern: &str| RedactionRules {
            deny: vec![RedactionRule { name: "ticket".to_owned(), pattern: pattern.to_owned() }],
            allow: Vec::new(),
            addresses: false,
            version: 1,
        };
        let redactor = Redactor::new(&deny("TICKET-[0-9]{6}"), &key).unwrap();
        let mut object = json!({"kind": "Event", "message": "see TICKET-123456", "reason": "Failed"});
        assert_eq!(redactor.object(&mut object), 1);
        assert!(object["message"].as_str().unwrap().starts_with("see [redacted:ticket:"), "{object}");
        assert_eq!(redactor.text("nothing here"), ("nothing here".to_owned(), 0));
        assert!(Redactor::new(&deny("("), &key).is_err());
        assert!(Redactor::new(&deny("x"), "07").is_err());
    }
}
