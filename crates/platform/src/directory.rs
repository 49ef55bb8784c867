//! Which tenant an address signs in to.
//!
//! An address leads to one account of one tenant. The directory is kept in the installation's own tenant under keyed hashes, so that
//! it tells nobody who reads the database which addresses there are.

use assent_api::{Code, Problem};
use assent_base::id::{AccountId, TenantId};
use assent_store::{Expect, Kept, StoreError, Tenant, Write};
use aws_lc_rs::hmac;

use crate::address::EmailAddress;
use crate::documents::{AccountDoc, DirectoryDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// What the key of the directory's hashes is derived for.
const PURPOSE: &str = "directory";

impl ControlPlane {
    /// Under what an address, or whatever else must not be readable, is kept in the installation's own tenant.
    pub(crate) fn directory_key(system: &Tenant, what: &str, text: &str) -> Result<String, Problem> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &system.derive(PURPOSE).map_err(Problem::from_store)?);
        let mut context = hmac::Context::with_key(&key);
        for part in [what, text] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Ok(hex::encode(context.sign()))
    }

    /// The account that an address leads to, whatever its state.
    pub(crate) async fn account_of(&self, email: &EmailAddress) -> Result<Option<(Tenant, Kept<AccountDoc>)>, Problem> {
        let system = self.system().await?;
        let key = Self::directory_key(&system, "address", email.as_str())?;
        let Some(kept) = system.get::<DirectoryDoc>(&key).await.map_err(Problem::from_store)? else { return Ok(None) };
        self.account(kept.doc.tenant, kept.doc.account).await
    }

    /// An account of a tenant; none if either is gone.
    pub(crate) async fn account(&self, tenant: TenantId, account: AccountId) -> Result<Option<(Tenant, Kept<AccountDoc>)>, Problem> {
        let tenant = match self.inner.store.tenant(tenant).await {
            Ok(tenant) => tenant,
            Err(StoreError::TenantAbsent(_) | StoreError::KeyDestroyed(_)) => return Ok(None),
            Err(error) => return Err(Problem::from_store(error)),
        };
        let kept = tenant.get::<AccountDoc>(&account.to_string()).await.map_err(Problem::from_store)?;
        Ok(kept.map(|kept| (tenant, kept)))
    }

    /// Lets an address lead to an account. An entry that leads nowhere any more is taken over: its account was removed, or its making
    /// was broken off.
    pub(crate) async fn claim_address(&self, email: &EmailAddress, tenant: TenantId, account: AccountId) -> Result<(), Problem> {
        let system = self.system().await?;
        let key = Self::directory_key(&system, "address", email.as_str())?;
        let kept = system.get::<DirectoryDoc>(&key).await.map_err(Problem::from_store)?;
        let expect = match kept {
            None => Expect::Absent,
            Some(kept) if kept.doc.tenant == tenant && kept.doc.account == account => return Ok(()),
            Some(kept) if self.account(kept.doc.tenant, kept.doc.account).await?.is_some() => return Err(taken()),
            Some(kept) => Expect::Version(kept.version),
        };
        match system.put(&key, &DirectoryDoc { tenant, account }, expect, self.now()).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. } | StoreError::Stale { .. } | StoreError::Absent { .. }) => Err(taken()),
            Err(error) => Err(Problem::from_store(error)),
        }
    }

    /// Takes an address out, if it leads to this account.
    pub(crate) async fn forget_address(&self, email: &str, account: AccountId) -> Result<(), Problem> {
        let system = self.system().await?;
        let key = Self::directory_key(&system, "address", email)?;
        let kept = system.get::<DirectoryDoc>(&key).await.map_err(Problem::from_store)?;
        let Some(kept) = kept.filter(|kept| kept.doc.account == account) else { return Ok(()) };
        let write = Write::delete::<DirectoryDoc>(&key, Expect::Version(kept.version)).map_err(Problem::from_store)?;
        match system.write(vec![write], self.now()).await {
            Ok(_) | Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => Ok(()),
            Err(error) => Err(Problem::from_store(error)),
        }
    }
}

/// Told to whoever holds a link for the address alone.
fn taken() -> Problem {
    Problem::new(Code::Conflict, "this address cannot be used here: it signs in elsewhere on this installation")
}
