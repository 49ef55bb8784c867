//! Grants as they are typed and shown: `viewer`, `operator@prod`, `approver@prod/shop,web`.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::bail;
use assent_api::access::Role;
use assent_api::accounts::Grant;
use assent_base::id::EnvironmentId;

use super::{Remote, places};
use crate::render::text::printable;

/// A grant as it is typed: the environment still by its name, perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    role: Role,
    environment: Option<String>,
    namespaces: Vec<String>,
}

impl FromStr for Typed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, namespaces) = match text.split_once('/') {
            Some((place, namespaces)) => (place, namespaces.split(',').map(str::to_owned).collect()),
            None => (text, Vec::new()),
        };
        let (role, environment) = match place.split_once('@') {
            Some((role, environment)) => (role, Some(environment.to_owned())),
            None => (place, None),
        };
        let is_empty = |name: &String| name.is_empty();
        if environment.as_ref().is_some_and(is_empty) || namespaces.iter().any(is_empty) {
            return Err("write ROLE, ROLE@ENVIRONMENT or ROLE@ENVIRONMENT/NAMESPACE,NAMESPACE".to_owned());
        }
        Ok(Self { role: role.parse()?, environment, namespaces })
    }
}

/// What was typed, as the API has it. Environments are looked up only if some are named.
pub(super) fn settled(remote: &Remote, typed: &[Typed]) -> anyhow::Result<Vec<Grant>> {
    let settle = |typed: &Typed| {
        let environment = typed.environment.as_deref().map(|asked| places::environment(remote, asked)).transpose()?;
        Ok(Grant { role: typed.role, environment, namespaces: typed.namespaces.clone() })
    };
    typed.iter().map(settle).collect()
}

/// Those that are held and those that are given, each once.
pub(super) fn with(held: Vec<Grant>, given: Vec<Grant>) -> Vec<Grant> {
    let mut all = held;
    for grant in given {
        if !all.contains(&grant) {
            all.push(grant);
        }
    }
    all
}

/// Those that are held without those that are taken, each of which has to be held as it was typed.
pub(super) fn without(held: Vec<Grant>, taken: &[Grant], names: &Names) -> anyhow::Result<Vec<Grant>> {
    if let Some(absent) = taken.iter().find(|grant| !held.contains(grant)) {
        bail!("`{}` is not granted; what is: {}", names.shown(absent), names.list(&held));
    }
    Ok(held.into_iter().filter(|grant| !taken.contains(grant)).collect())
}

/// Names of environments, for showing grants.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<EnvironmentId, String>);

impl Names {
    /// Those that the grants need. Whoever may not list environments sees their ids.
    pub(super) fn of<'a>(remote: &Remote, grants: impl IntoIterator<Item = &'a Grant>) -> Self {
        if grants.into_iter().all(|grant| grant.environment.is_none()) {
            return Self::default();
        }
        Self(places::environments(remote).unwrap_or_default().into_iter().map(|one| (one.id, one.name)).collect())
    }

    /// A grant as it would be typed.
    pub(super) fn shown(&self, grant: &Grant) -> String {
        let environment = grant.environment.map(|id| format!("@{}", self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())));
        let namespaces = if grant.namespaces.is_empty() { String::new() } else { format!("/{}", grant.namespaces.join(",")) };
        printable(&format!("{}{}{namespaces}", grant.role, environment.unwrap_or_default()))
    }

    /// Grants, or that there are none.
    pub(super) fn list(&self, grants: &[Grant]) -> String {
        if grants.is_empty() {
            return "nothing".to_owned();
        }
        grants.iter().map(|grant| self.shown(grant)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_typed_as_a_role_and_a_place() {
        let typed = |text: &str| text.parse::<Typed>();
        let is = |role, environment: Option<&str>, namespaces: &[&str]| Typed {
            role,
            environment: environment.map(str::to_owned),
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert_eq!(typed("viewer"), Ok(is(Role::Viewer, None, &[])));
        assert_eq!(typed("operator@prod"), Ok(is(Role::Operator, Some("prod"), &[])));
        assert_eq!(typed("approver@prod/shop,web"), Ok(is(Role::Approver, Some("prod"), &["shop", "web"])));
        for bad in ["", "admiral", "viewer@", "viewer@/shop", "viewer@prod/", "viewer@prod/shop,", "@prod", "VIEWER"] {
            assert!(typed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn grants_are_shown_as_they_are_typed() {
        let id: EnvironmentId = "env_01a1ff830b207373ba6fe05eaea0663d".parse().unwrap();
        let names = Names([(id, "prod".to_owned())].into());
        let grant = Grant { role: Role::Operator, environment: Some(id), namespaces: vec!["shop".to_owned(), "web".to_owned()] };
        assert_eq!(names.shown(&grant), "operator@prod/shop,web");
        assert_eq!(Names::default().shown(&grant), format!("operator@{id}/shop,web"));
        assert_eq!(names.list(&[]), "nothing");
    }

    #[test]
    fn what_is_given_stands_once_and_what_is_taken_has_to_be_held() {
        let grant = |role| Grant { role, environment: None, namespaces: Vec::new() };
        let (viewer, operator) = (grant(Role::Viewer), grant(Role::Operator));
        assert_eq!(with(vec![viewer.clone()], vec![viewer.clone(), operator.clone()]), [viewer.clone(), operator.clone()]);
        let names = Names::default();
        let both = vec![viewer.clone(), operator.clone()];
        assert_eq!(without(both, std::slice::from_ref(&viewer), &names).unwrap(), vec![operator.clone()]);
        let said = without(vec![viewer], &[operator], &names).unwrap_err().to_string();
        assert_eq!(said, "`operator` is not granted; what is: viewer");
    }
}
