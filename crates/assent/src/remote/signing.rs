//! Signing with an SSH key, by OpenSSH's own program: keys in files, in an agent, and on security keys all work with it.
//!
//! It is called with a list of arguments and no shell, and gets the text on standard input. What it answers is checked before it is used.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use assent_approval::sshsig::{SshKey, SshSignature};
use assent_base::Digest;

/// The program.
const PROGRAM: &str = "ssh-keygen";
/// Bytes of a signature at most.
const SIGNATURE_BYTES_MAX: u64 = 64 << 10;
/// Bytes of a public key's file at most.
const PUBLIC_BYTES_MAX: u64 = 16 << 10;
/// Keys in a folder that are looked at, at most.
const KEYS_MAX: usize = 100;

/// Signs a text in a namespace. The program asks for a passphrase or a touch by itself.
pub(super) fn sign(key: &Path, namespace: &str, text: &str) -> anyhow::Result<String> {
    let mut child = Command::new(PROGRAM)
        .args(["-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{PROGRAM}`: it comes with OpenSSH"))?;
    // Dropped at the end of this line, so that the program sees the end of the text.
    child.stdin.take().context("it takes no text")?.write_all(text.as_bytes()).context("the program takes no text")?;
    let mut signature = String::new();
    let out = child.stdout.take().context("it gives no signature")?;
    let read = out.take(SIGNATURE_BYTES_MAX).read_to_string(&mut signature);
    let ended = child.wait().context("the program was lost")?;
    if !ended.success() {
        bail!("`{PROGRAM}` has not signed with {}", key.display());
    }
    read.context("what it gave is no text")?;
    let parsed = SshSignature::parse(&signature).context("what it gave is no signature that is taken here")?;
    parsed.verify(namespace, text.as_bytes()).context("what it gave does not hold for the text")?;
    Ok(signature)
}

/// `SHA256:…`, as `ssh-keygen -l` prints it.
fn fingerprint(key: &SshKey) -> String {
    format!("SHA256:{}", assent_approval::base64url::text(Digest::of(key.blob()).as_bytes()).replace('-', "+").replace('_', "/"))
}

/// The line of a public key's file, and the key.
pub(super) fn public(path: &Path) -> anyhow::Result<(String, SshKey)> {
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(PUBLIC_BYTES_MAX).read_to_string(&mut text).with_context(|| format!("{} is no public key", path.display()))?;
    let line = text.trim();
    let key = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ").parse();
    let key = key.with_context(|| format!("{} is no public key that can vote", path.display()))?;
    Ok((line.to_owned(), key))
}

/// What to sign with: the private key beside a public one, else the public one, whose private half an agent has.
pub(super) fn signer_of(public: &Path) -> PathBuf {
    let private = public.with_extension("");
    if private.is_file() { private } else { public.to_owned() }
}

/// A key in a folder that has one of these fingerprints.
pub(super) fn find(folder: &Path, fingerprints: &[String]) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.take(KEYS_MAX).flatten();
    let mut keys: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "pub")).collect();
    keys.sort();
    let fits = |path: &PathBuf| public(path).is_ok_and(|(_, key)| fingerprints.contains(&fingerprint(&key)));
    keys.into_iter().find(fits).map(|path| signer_of(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = include_str!("../../../approval/tests/vectors/ed25519.pub");

    #[test]
    fn a_key_is_found_by_its_fingerprint_and_signs_by_its_private_half_or_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        let public = folder.path().join("id_ed25519.pub");
        std::fs::write(&public, LINE).unwrap();
        std::fs::write(folder.path().join("other.pub"), "no key").unwrap();
        let known = fingerprint(&LINE.trim().parse().unwrap());
        assert!(known.starts_with("SHA256:") && known.len() == "SHA256:".len() + 43);
        assert_eq!(find(folder.path(), std::slice::from_ref(&known)), Some(public.clone()));
        std::fs::write(folder.path().join("id_ed25519"), "a private key").unwrap();
        assert_eq!(find(folder.path(), &[known]), Some(folder.path().join("id_ed25519")));
        assert_eq!(find(folder.path(), &["SHA256:other".to_owned()]), None);
    }
}
