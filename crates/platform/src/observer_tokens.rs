//! The key that signs observers' tokens, in a file for its owner alone.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use assent_base::Timestamp;
use assent_identity::token::{Issuer, SigningKey, SigningKeyRecord};

/// The file of the keys, youngest first.
const FILE: &str = "observer-tokens.json";
/// Bytes of the file at most.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// What tokens name as their issuer. They are for this platform alone, so its address would say no more.
const ISSUER: &str = "assent";

/// The issuer with the keys of this folder; with a new key if there is none.
pub(crate) fn issuer(keys: &Path, now: Timestamp) -> Result<Issuer, String> {
    let path = keys.join(FILE);
    let unusable = |cause: &dyn std::fmt::Display| format!("the file `{}` cannot be used: {cause}", path.display());
    let records = match read(&path).map_err(|cause| unusable(&cause))? {
        Some(bytes) => serde_json::from_slice::<Vec<SigningKeyRecord>>(&bytes).map_err(|_| unusable(&"it holds no keys"))?,
        None => {
            let records = vec![SigningKey::draw(now).map_err(|error| error.to_string())?.record()];
            let text = zeroize::Zeroizing::new(serde_json::to_vec(&records).map_err(|error| error.to_string())?);
            write(&path, &text).map_err(|cause| unusable(&cause))?;
            records
        }
    };
    let keys: Result<Vec<SigningKey>, _> = records.iter().map(SigningKey::restore).collect();
    Issuer::new(ISSUER.to_owned(), keys.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))
}

fn read(path: &Path) -> io::Result<Option<zeroize::Zeroizing<Vec<u8>>>> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large")),
        // Whoever has read it can be any observer of any tenant.
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "others can read it: `chmod 600` it, or remove it so that new keys are made",
        )),
        Ok(_) => std::fs::read(path).map(|bytes| Some(zeroize::Zeroizing::new(bytes))),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Writes a file so that a crash leaves it whole or absent.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let kids = || {
            let issuer = issuer(folder.path(), Timestamp::UNIX_EPOCH).expect("an issuer");
            issuer.keys().iter().map(|key| key.kid().to_owned()).collect::<Vec<_>>()
        };
        let made = kids();
        assert_eq!(made, kids());
        let mode = std::fs::metadata(folder.path().join(FILE)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        issuer(folder.path(), Timestamp::UNIX_EPOCH).expect("an issuer");
        std::fs::set_permissions(folder.path().join(FILE), std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(issuer(folder.path(), Timestamp::UNIX_EPOCH).is_err_and(|why| why.contains("others can read it")));
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        for damaged in ["", "[]", "{}", "[{}]"] {
            std::fs::write(folder.path().join(FILE), damaged).expect("written");
            std::fs::set_permissions(folder.path().join(FILE), std::fs::Permissions::from_mode(0o600)).expect("changed");
            assert!(issuer(folder.path(), Timestamp::UNIX_EPOCH).is_err(), "{damaged}");
            assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).expect("read"), damaged);
        }
    }
}
