//! Whoever keeps a root key.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::aws::Aws;
use crate::bound::{WRAPPED_BYTES_MAX, bind, unbind};
use crate::config::Config;
use crate::error::{BadConfig, CustodyError};
use crate::exchange::Outside;
use crate::google::Google;
use crate::vault::Transit;

/// Seconds between two looks whether a keeper still does its work.
pub const LOOK_EVERY_S: u64 = 300;
/// The same while it does not.
pub const LOOK_AGAIN_S: u64 = 30;
/// The place that a look wraps for; no tenant's.
const LOOK: &[u8] = b"a look";

/// Whoever keeps a root key.
pub struct Keeper {
    name: String,
    kind: Kind,
}

enum Kind {
    Vault(Box<Transit>),
    Aws(Box<Aws>),
    Google(Box<Google>),
}

impl Keeper {
    /// Reads a configuration. Nothing is contacted. `None` if the root key is a file.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn of(config: &Config, outside: &Outside) -> Result<Option<Self>, BadConfig> {
        let kind = match config {
            Config::File => return Ok(None),
            Config::Vault(vault) => Kind::Vault(Box::new(Transit::new(vault, outside)?)),
            Config::AwsKms(aws) => Kind::Aws(Box::new(Aws::new(aws, outside)?)),
            Config::GoogleKms(google) => Kind::Google(Box::new(Google::new(google, outside)?)),
        };
        let name = match &kind {
            Kind::Vault(vault) => format!("vault {}", vault.key),
            Kind::Aws(aws) => format!("aws_kms {} {}", aws.region, aws.key),
            Kind::Google(google) => format!("google_kms {}", google.key),
        };
        Ok(Some(Self { name, kind }))
    }

    /// The provider and its key, without the address, which may change: `vault transit/assent`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Wraps a secret for a place.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub async fn wrap(&self, context: &[u8], secret: &[u8]) -> Result<Vec<u8>, CustodyError> {
        let plain = bind(context, secret).ok_or_else(|| self.bad("the secret is too long"))?;
        let wrapped = match &self.kind {
            Kind::Vault(vault) => vault.encrypt(context, &plain).await,
            Kind::Aws(aws) => aws.encrypt(context, &plain).await,
            Kind::Google(google) => google.encrypt(context, &plain).await,
        }?;
        if wrapped.is_empty() || wrapped.len() > WRAPPED_BYTES_MAX {
            Err(self.bad("what it wrapped is empty, or too long"))
        } else {
            Ok(wrapped)
        }
    }

    /// Opens what was wrapped for this place.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub async fn open(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        if wrapped.is_empty() || wrapped.len() > WRAPPED_BYTES_MAX {
            return Err(self.does_not_open("it is damaged"));
        }
        let plain = match &self.kind {
            Kind::Vault(vault) => vault.decrypt(context, wrapped).await,
            Kind::Aws(aws) => aws.decrypt(context, wrapped).await,
            Kind::Google(google) => google.decrypt(context, wrapped).await,
        }?;
        unbind(context, &plain)
            .map(|secret| Zeroizing::new(secret.to_vec()))
            .ok_or_else(|| self.does_not_open("it was wrapped for another tenant, or not by Assent"))
    }

    /// Has the keeper make a new version of the key, if it is for us to ask for: Vault's is. Those of AWS and Google are made where the key
    /// is configured; what is wrapped from then on is under the newest.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub async fn advance(&self) -> Result<(), CustodyError> {
        match &self.kind {
            Kind::Vault(vault) => vault.rotate().await,
            Kind::Aws(_) | Kind::Google(_) => Ok(()),
        }
    }

    /// Has the keeper open nothing any more that is wrapped under an older version than the newest, if it is for us to ask for.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub async fn retire(&self) -> Result<(), CustodyError> {
        match &self.kind {
            Kind::Vault(vault) => vault.forget_older().await,
            Kind::Aws(_) | Kind::Google(_) => Ok(()),
        }
    }

    /// Renews what has to be renewed, wraps something and opens it again. Says how long to wait before the next look.
    ///
    /// # Errors
    /// What a tenant's secret would meet now.
    pub async fn look(&self) -> Result<Duration, CustodyError> {
        let lease = match &self.kind {
            Kind::Vault(vault) => vault.tend().await?,
            Kind::Aws(_) | Kind::Google(_) => None,
        };
        let mut sent = Zeroizing::new([0; 32]);
        let _ = aws_lc_rs::rand::fill(sent.as_mut());
        let wrapped = self.wrap(LOOK, sent.as_slice()).await?;
        if self.open(LOOK, &wrapped).await?.as_slice() != sent.as_slice() {
            return Err(self.bad("it does not give back what it wrapped"));
        }
        let most = Duration::from_secs(LOOK_EVERY_S);
        Ok(lease.map_or(most, |lease| (lease / 3).clamp(Duration::from_secs(1), most)))
    }

    fn who(&self) -> (&str, &str) {
        match &self.kind {
            Kind::Vault(vault) => (vault.who(), &vault.key),
            Kind::Aws(aws) => (aws.who(), &aws.key),
            Kind::Google(google) => (google.who(), &google.key),
        }
    }

    fn bad(&self, what: &'static str) -> CustodyError {
        CustodyError::BadAnswer { who: self.who().0.to_owned(), what }
    }

    fn does_not_open(&self, why: &'static str) -> CustodyError {
        let (who, key) = self.who();
        CustodyError::DoesNotOpen { who: who.to_owned(), key: key.to_owned(), why }
    }
}
