//! Failed attempts to sign in, counted before it is known whether there is an account at all.
//!
//! What a stranger can learn from being locked out is then nothing: an address without an account is locked out like one with.

use std::net::IpAddr;

use assent_api::{Code, Problem};
use assent_base::Timestamp;
use assent_identity::lockout::{Failures, Rules, Standing};
use assent_store::{Expect, StoreError, Tenant};

use crate::documents::{AttemptsDoc, BY_TIME};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Times that a count is read anew when somebody else counted at the same time.
const TRIES_MAX: usize = 10;

/// One attempt, counted as a failure until it is known to be none.
pub(crate) struct Attempt {
    system: Tenant,
    address: String,
    remote: String,
    /// Whether this one, if it fails, begins a wait: that is for the ledger.
    pub(crate) locks: bool,
}

impl Attempt {
    /// Counts an attempt, or refuses it because there were too many.
    pub(crate) async fn make(plane: &ControlPlane, address: &str, remote: IpAddr) -> Result<Self, Problem> {
        let system = plane.system().await?;
        let address = ControlPlane::directory_key(&system, "attempts with", address)?;
        let remote = ControlPlane::directory_key(&system, "attempts from", &network(remote))?;
        let now = plane.now();
        let from = read(&system, &remote).await?;
        stand(&from.map(|(failures, _)| failures).unwrap_or_default(), now, &Rules::ADDRESS)?;
        let locks = count(&system, &address, now, &Rules::ACCOUNT).await?;
        Ok(Self { system, address, remote, locks })
    }

    /// The attempt has failed. The address's count has it already; the sender's gets it now.
    pub(crate) async fn failed(self, now: Timestamp) -> Result<(), Problem> {
        match count(&self.system, &self.remote, now, &Rules::ADDRESS).await {
            Ok(_) => {}
            // Others from there have just begun a wait; this attempt was made before it.
            Err(problem) if problem.code == Code::LockedOut => {}
            Err(problem) => return Err(problem),
        }
        // What is forgotten by the rules is taken out of the database too.
        let forgotten_s = i64::try_from(Rules::ADDRESS.forgotten_after_s).unwrap_or(i64::MAX);
        let forgotten = assent_base::time::earlier(now, forgotten_s).unwrap_or(now);
        self.system.prune::<AttemptsDoc>(BY_TIME, forgotten, now).await.map(drop).map_err(Problem::from_store)
    }

    /// The attempt was none to worry about.
    pub(crate) async fn succeeded(self, now: Timestamp) -> Result<(), Problem> {
        self.system.delete::<AttemptsDoc>(&self.address, Expect::Any, now).await.map(drop).map_err(Problem::from_store)
    }
}

/// Whole networks of version 6 are one sender: whoever has one address there has 2^64.
fn network(remote: IpAddr) -> String {
    match remote {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

async fn read(system: &Tenant, key: &str) -> Result<Option<(Failures, u64)>, Problem> {
    let kept = system.get::<AttemptsDoc>(key).await.map_err(Problem::from_store)?;
    Ok(kept.map(|kept| (kept.doc.failures, kept.version)))
}

/// Counts one more, and says whether it begins a wait.
async fn count(system: &Tenant, key: &str, now: Timestamp, rules: &Rules) -> Result<bool, Problem> {
    for _ in 0..TRIES_MAX {
        let known = read(system, key).await?;
        let (failures, expect) =
            known.map_or((Failures::default(), Expect::Absent), |(failures, version)| (failures, Expect::Version(version)));
        stand(&failures, now, rules)?;
        let (failures, locks) = failures.after_failure(now, rules);
        match system.put(key, &AttemptsDoc { failures, at: now }, expect, now).await {
            Ok(_) => return Ok(locks),
            Err(StoreError::Stale { .. } | StoreError::Conflict { .. } | StoreError::Absent { .. }) => {}
            Err(error) => return Err(Problem::from_store(error)),
        }
    }
    Err(Problem::new(Code::TooMany, "too many attempts at one time").retry_after(1))
}

fn stand(failures: &Failures, now: Timestamp, rules: &Rules) -> Result<(), Problem> {
    match failures.standing(now, rules) {
        Standing::Open => Ok(()),
        Standing::LockedUntil(until) => {
            let wait_s = assent_base::time::seconds_between(now, until).max(1);
            Err(Problem::new(Code::LockedOut, "wait before you try again").retry_after(wait_s.unsigned_abs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_of_version_6_are_one_sender() {
        let at = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
