//! What people name by a name and the API by an id.

use std::fmt::Display;
use std::str::FromStr;

use anyhow::bail;
use assent_api::environments::Environment;
use assent_api::operations as ops;
use assent_base::id::{ClusterId, EnvironmentId};

use super::Remote;

/// Every environment that the caller may know of.
pub(super) fn environments(remote: &Remote) -> anyhow::Result<Vec<Environment>> {
    remote.all::<ops::ListEnvironments, _>()
}

/// An environment by its name or id.
pub(super) fn environment(remote: &Remote, asked: &str) -> anyhow::Result<EnvironmentId> {
    one("environment", asked, || Ok(environments(remote)?.into_iter().map(|one| (one.id, one.name)).collect()))
}

/// A cluster by its name or id.
pub(super) fn cluster(remote: &Remote, asked: &str) -> anyhow::Result<ClusterId> {
    one("cluster", asked, || {
        let (mut query, mut all) = (assent_api::clusters::ClusterQuery::default(), Vec::new());
        loop {
            let page = remote.call::<ops::ListClusters>(&assent_api::Empty {}, &query, &assent_api::Empty {})?;
            all.extend(page.items.into_iter().map(|one| (one.id, one.name)));
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return Ok(all),
            }
        }
    })
}

/// The one of this id, or else the only one of this name. What is known is asked for only if it is no id.
pub(super) fn one<I: FromStr + Display + Copy>(
    what: &str,
    asked: &str,
    known: impl FnOnce() -> anyhow::Result<Vec<(I, String)>>,
) -> anyhow::Result<I> {
    if let Ok(id) = asked.parse() {
        return Ok(id);
    }
    let found: Vec<I> = known()?.into_iter().filter(|(_, name)| name == asked).map(|(id, _)| id).collect();
    match found.as_slice() {
        [] => bail!("there is no {what} `{asked}`"),
        [id] => Ok(*id),
        several => {
            let ids = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            bail!("there is more than one {what} called `{asked}`: name one by its id, {ids}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "env_01a1ff830b207373ba6fe05eaea0663d";
    const OTHER: &str = "env_01a1ff830b207373ba6fe05eaea0663e";

    #[test]
    fn a_name_is_one_id_and_an_id_needs_no_list() {
        let known = || Ok([(ONE, "prod"), (OTHER, "lab")].map(|(id, name)| (id.parse::<EnvironmentId>().unwrap(), name.to_owned())).into());
        assert_eq!(one("environment", "lab", known).unwrap().to_string(), OTHER);
        assert_eq!(one::<EnvironmentId>("environment", ONE, || bail!("asked")).unwrap().to_string(), ONE);
        assert_eq!(one("environment", "labs", known).unwrap_err().to_string(), "there is no environment `labs`");
        let twice = || Ok([ONE, OTHER].map(|id| (id.parse::<EnvironmentId>().unwrap(), "prod".to_owned())).into());
        let said = one("environment", "prod", twice).unwrap_err().to_string();
        assert!(said.contains(ONE) && said.contains(OTHER), "{said}");
    }
}
