//! Which key wraps which.
//!
//! ```text
//! root key          key folder, root-1.key        wraps every tenant's secret
//! tenant's secret   key folder, tenants/ID.key    wraps the tenant key; never in the database, so never in a backup
//! tenant key        database, wrapped             wraps the data keys
//! data keys         database, wrapped             one for each generation; each use of one derives a key of its own
//! ```
//!
//! A backup of the database carries the wrapped tenant key. Were the root key enough to open it, a deleted tenant could be read again
//! from any backup for as long as the root lives. So the tenant's secret stands between them, in the key folder alone: once it is
//! destroyed, neither the root key nor any backup of the database opens anything of the tenant. For the same reason the key folder is
//! to be kept apart from the backups of the database, and an old copy of the folder is to be destroyed when a tenant is deleted.
//!
//! The root key may be kept by somebody else, behind [`KeyWrapper`]: then the folder holds no key that opens anything by itself, and says
//! who does (`kept-by`).

mod custody;
mod envelope;
mod folder;
mod moving;
mod ring;
mod root;

pub use folder::KeyFolder;
pub use moving::RootKey;
pub use root::{Answer, KeyWrapper, RootFile};

pub(crate) use ring::{Keyring, Keys, bound_data_key, bound_tenant_key};
