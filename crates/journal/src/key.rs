//! The private key of a log or of a witness, in a file for its owner alone.
//!
//! The file has one line, as Go's note package writes signer keys: `PRIVATE+KEY+` name, key hash, and algorithm with seed in base64.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use assent_ledger::{Algorithm, BadKey, Signer, SigningFailed, VerifierKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const PREFIX: &str = "PRIVATE+KEY+";
const KEY_FILE_BYTES_MAX: u64 = 512;
const OTHERS_MODE: u32 = 0o007;

/// An Ed25519 key that signs.
pub struct Key {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("cannot use the key file `{path}`: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Everybody on the machine may read or write it, so it may be known or swapped.
    #[error("the key file `{path}` is open to everybody: take their rights away, and replace the key if somebody may have read it")]
    OpenToEverybody {
        /// Which file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("`{path}` holds no key")]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
    /// It holds a key for another log, or for another use.
    #[error("`{path}` holds the key of `{found}`")]
    OtherKey {
        /// Which file.
        path: PathBuf,
        /// The name of the key that is in it.
        found: String,
    },
    /// The name cannot be the name of a key.
    #[error(transparent)]
    Bad(#[from] BadKey),
}

impl Key {
    /// The key in this file. When there is no file, makes a key of these random bytes and writes it.
    ///
    /// # Errors
    /// When the file holds something else, is open to everybody, or cannot be read or written.
    pub fn load_or_create(path: &Path, name: &str, algorithm: Algorithm, random: [u8; 32]) -> Result<Self, KeyError> {
        let random = Zeroizing::new(random);
        let key = match read(path)? {
            Some(text) => Self::parse(&text).ok_or_else(|| KeyError::NotAKey { path: path.to_owned() })?,
            None => {
                let key = Self::new(name, algorithm, &random)?;
                write(path, &key.text(&random)).map_err(|cause| KeyError::File { path: path.to_owned(), cause })?;
                key
            }
        };
        if key.verifier.name() == name && key.verifier.algorithm() == algorithm {
            Ok(key)
        } else {
            Err(KeyError::OtherKey { path: path.to_owned(), found: key.verifier.name().to_owned() })
        }
    }

    fn new(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadKey::WeakKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| BadKey::WeakKey)?;
        Ok(Self { verifier: VerifierKey::new(name, algorithm, public)?, pair })
    }

    fn text(&self, seed: &[u8; 32]) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(33));
        bytes.push(algorithm_byte(self.verifier.algorithm()));
        bytes.extend_from_slice(seed);
        let hash = u32::from_be_bytes(self.verifier.id());
        Zeroizing::new(format!("{PREFIX}{}+{hash:08x}+{}\n", self.verifier.name(), Zeroizing::new(STANDARD.encode(&*bytes)).as_str()))
    }

    /// Reads what [`Key::text`] writes.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_suffix('\n')?.strip_prefix(PREFIX)?.splitn(3, '+');
        let (name, _, encoded) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let (algorithm, seed) = bytes.split_first()?;
        let algorithm = [Algorithm::Ed25519, Algorithm::CosignatureV1].into_iter().find(|known| algorithm_byte(*known) == *algorithm)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).ok()?);
        let key = Self::new(name, algorithm, &seed).ok()?;
        (key.text(&seed).as_str() == text).then_some(key)
    }
}

const fn algorithm_byte(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Ed25519 => 1,
        Algorithm::CosignatureV1 => 4,
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, KeyError> {
    let failed = |cause| KeyError::File { path: path.to_owned(), cause };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed(cause)),
    };
    // The group may read it: Kubernetes gives volumes to a group.
    if file.metadata().map_err(failed)?.permissions().mode() & OTHERS_MODE != 0 {
        return Err(KeyError::OpenToEverybody { path: path.to_owned() });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

/// Writes a key so that a crash leaves it whole or absent: a log must not begin under a key that is lost.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

impl Signer for Key {
    fn key(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed> {
        self.pair.sign(message).as_ref().try_into().map_err(|_| SigningFailed { cause: "a signature of another length".to_owned() })
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the private key of {}", self.verifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_ever_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = load(&path, "ledger.example", 1).unwrap();
        let read = load(&path, "ledger.example", 2).unwrap();
        assert_eq!(made.key(), read.key());
        assert!(made.key().signed(b"message", &read.sign(b"message").unwrap()));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_file_that_holds_something_else_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        load(&path, "ledger.example", 1).unwrap();
        assert!(matches!(load(&path, "other.example", 1), Err(KeyError::OtherKey { .. })));
        let text = std::fs::read_to_string(&path).unwrap();
        for changed in [text.replace("ledger", "lodger"), text.trim_end().to_owned(), String::new(), text.replace("+AQ", "+Ag")] {
            std::fs::write(&path, &changed).unwrap();
            assert!(matches!(load(&path, "ledger.example", 1), Err(KeyError::NotAKey { .. })), "{changed}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), changed);
        }
    }

    #[test]
    fn a_key_that_everybody_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        load(&path, "ledger.example", 1).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).unwrap();
        assert!(matches!(load(&path, "ledger.example", 1), Err(KeyError::OpenToEverybody { .. })));
    }

    fn load(path: &Path, name: &str, seed: u8) -> Result<Key, KeyError> {
        Key::load_or_create(path, name, Algorithm::Ed25519, [seed; 32])
    }
}
