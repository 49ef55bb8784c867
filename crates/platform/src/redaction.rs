//! What is replaced in an environment before anything is kept, and what would be.

use std::sync::{Arc, LazyLock};

use assent_api::operations::{GetRedaction, PutRedaction, TryRedaction};
use assent_api::redaction::{RedactionRule, RedactionRules, Replaced, Tried};
use assent_api::{Action, Problem};
use assent_base::id::EnvironmentId;
use assent_http::{Handle, Input, Reply};
use assent_screen::{BadRule, Custom, PseudonymKey, Rule, Rules, Screen};
use assent_store::{Expect, Tenant, Write};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::{Desk, Leave};
use crate::documents::RedactionDoc;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Bytes of a text to try rules on at most.
const TRIED_BYTES_MAX: usize = 64 << 10;
/// What the key of pseudonyms is derived for: observers get the same one, so that equal stays equal.
pub(crate) const PSEUDONYMS: &str = "pseudonyms";

/// The built-in rules: they hold a large automaton, so there is one of it.
static BUILTIN: LazyLock<Rules> = LazyLock::new(Rules::builtin);

impl RedactionDoc {
    fn shown(self, version: u64) -> RedactionRules {
        RedactionRules { deny: self.deny, allow: self.allow, addresses: self.addresses, version }
    }

    fn compiled(&self) -> Result<Rules, BadRule> {
        let rules =
            |rules: &[RedactionRule]| rules.iter().map(|rule| Rule { name: rule.name.clone(), pattern: rule.pattern.clone() }).collect();
        BUILTIN.with(&Custom { deny: rules(&self.deny), allow: rules(&self.allow), addresses: self.addresses })
    }
}

/// What redacts text of an environment before it is kept. Rules that do not compile any more leave the built-in ones in force.
pub(crate) async fn screen(tenant: &Tenant, environment: EnvironmentId) -> Result<Screen, Problem> {
    let kept = tenant.get::<RedactionDoc>(&environment.to_string()).await.map_err(Problem::from_store)?;
    let rules = kept.map(|kept| kept.doc).unwrap_or_default();
    let compiled = rules.compiled().or_else(|bad| {
        tracing::warn!(%environment, %bad, "redaction rules do not compile; the built-in ones hold");
        RedactionDoc::default().compiled()
    });
    screen_with(tenant, compiled.map_err(|bad| explain(&RedactionDoc::default(), &bad))?)
}

fn screen_with(tenant: &Tenant, rules: Rules) -> Result<Screen, Problem> {
    let key = tenant.derive(PSEUDONYMS).map_err(Problem::from_store)?;
    Ok(Screen::new(Arc::new(rules), PseudonymKey::new(&key)))
}

impl ControlPlane {
    /// Redacts what somebody wrote by the built-in rules, before it is kept.
    pub(crate) async fn redact(&self, tenant: &Tenant, text: &str) -> Result<String, Problem> {
        let rules = RedactionDoc::default();
        let screen = screen_with(tenant, rules.compiled().map_err(|bad| explain(&rules, &bad))?)?;
        Ok(screen.text(text).text.into_owned())
    }
}

impl Desk<'_> {
    /// The rules of an environment that the caller may know of, with their version; 0 before there are any.
    async fn redaction(&self, environment: EnvironmentId, action: Action) -> Result<(RedactionDoc, u64, Leave), Problem> {
        let environment = self.environment(environment).await?;
        let permit = self.require(action, environment.doc.resource(self.tenant_id())).await?;
        let kept = self.tenant.get::<RedactionDoc>(&environment.id).await.map_err(Problem::from_store)?;
        let (rules, version) = kept.map_or_else(Default::default, |kept| (kept.doc, kept.version));
        Ok((rules, version, permit))
    }
}

impl Handle<GetRedaction> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetRedaction>) -> Result<Reply<GetRedaction>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (rules, version, _permit) = desk.redaction(input.path.environment, Action::RedactionRead).await?;
        Ok(Reply::new(rules.shown(version)).version(version))
    }
}

impl Handle<PutRedaction> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<PutRedaction>) -> Result<Reply<PutRedaction>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (before, version, permit) = desk.redaction(input.path.environment, Action::RedactionManage).await?;
        let expect = match desk.expect(&input.meta, version)? {
            Expect::Version(0) => Expect::Absent,
            other => other,
        };
        let after = RedactionDoc { deny: input.body.deny, allow: input.body.allow, addresses: input.body.addresses };
        after.compiled().map_err(|bad| explain(&after, &bad))?;
        let intent = desk.intend(permit, json!({ "before": before, "after": after })).await?;
        let write = Write::put(&input.path.environment.to_string(), &after, expect).map_err(Problem::from_store)?;
        desk.keep(intent, vec![write]).await?;
        let version = version.saturating_add(1);
        Ok(Reply::new(after.shown(version)).version(version))
    }
}

impl Handle<TryRedaction> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<TryRedaction>) -> Result<Reply<TryRedaction>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, _, _permit) = desk.redaction(input.path.environment, Action::RedactionRead).await?;
        if input.body.text.len() > TRIED_BYTES_MAX {
            return Err(Problem::invalid("/text", format!("at most {TRIED_BYTES_MAX} bytes")));
        }
        let rules =
            input.body.rules.map_or(kept, |rules| RedactionDoc { deny: rules.deny, allow: rules.allow, addresses: rules.addresses });
        let screen = screen_with(&desk.tenant, rules.compiled().map_err(|bad| explain(&rules, &bad))?)?;
        let redacted = screen.text(&input.body.text);
        let replaced = redacted.hits.iter().map(|hit| Replaced {
            rule: hit.rule.to_string(),
            start_bytes: hit.start as u64,
            length_bytes: hit.len as u64,
        });
        Ok(Reply::new(Tried { replaced: replaced.collect(), text: redacted.text.into_owned() }))
    }
}

/// Which field is wrong.
fn explain(rules: &RedactionDoc, bad: &BadRule) -> Problem {
    let (name, field) = match bad {
        BadRule::TooMany { count } => {
            return Problem::invalid(if rules.deny.len() == *count { "/deny" } else { "/allow" }, bad.to_string());
        }
        BadRule::Name { name } | BadRule::Twice { name } => (name, "name"),
        BadRule::TooLong { name, .. } | BadRule::Pattern { name, .. } | BadRule::Empty { name } => (name, "pattern"),
    };
    // The last one of the name: of two with one name, the second is one too many.
    let at = |rules: &[RedactionRule]| rules.iter().rposition(|rule| rule.name.starts_with(name.as_str()));
    let pointer = match (at(&rules.deny), at(&rules.allow)) {
        (Some(at), _) => format!("/deny/{at}/{field}"),
        (None, Some(at)) => format!("/allow/{at}/{field}"),
        (None, None) => String::from("/deny"),
    };
    Problem::invalid(&pointer, bad.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_pattern_is_named_by_its_place() {
        let rule = |name: &str, pattern: &str| RedactionRule { name: name.to_owned(), pattern: pattern.to_owned() };
        let rules = RedactionDoc { deny: vec![rule("good", "x+")], allow: vec![rule("bad", "(")], addresses: false };
        let problem = explain(&rules, &rules.compiled().expect_err("a bad pattern"));
        assert_eq!(problem.fields.first().map(|field| field.pointer.as_str()), Some("/allow/0/pattern"));
    }
}
