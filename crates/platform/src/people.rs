//! What the side of people and machines holds between requests: nothing about any of them, but keys that sign and what providers said.

use std::path::Path;

use assent_journal::Key;
use assent_ledger::{Algorithm, Signer, VerifierKey};

use crate::oidc_sign_in::Providers;
use crate::settings::Settings;

/// Keys and providers.
pub(crate) struct People {
    /// Identity providers.
    pub(crate) providers: Providers,
    /// The ledger's key, to sign what is no checkpoint: that a tenant is deleted.
    certifier: Key,
}

impl People {
    /// Reads the key that the ledger has in this file, and the providers of the settings.
    pub(crate) fn open(ledger_key: &Path, origin: &str, settings: &Settings) -> Result<Self, String> {
        // The ledger was opened with it before: it is there, and none is made of these bytes.
        let absent = || format!("the key file `{}` is missing", ledger_key.display());
        let there = std::fs::exists(ledger_key).map_err(|error| error.to_string())?;
        let certifier = there.then(|| Key::load_or_create(ledger_key, origin, Algorithm::Ed25519, [0; 32])).ok_or_else(absent)?;
        let certifier = certifier.map_err(|error| error.to_string())?;
        let providers = Providers::of(settings).map_err(|bad| format!("an identity provider cannot be used: {bad}"))?;
        Ok(Self { providers, certifier })
    }

    /// The ledger's public key.
    pub(crate) fn ledger_key(&self) -> &VerifierKey {
        self.certifier.key()
    }

    /// What signs certificates.
    pub(crate) fn certifier(&self) -> &dyn Signer {
        &self.certifier
    }
}
