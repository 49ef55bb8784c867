//! An SSH key that signs as `ssh-keygen -Y sign` does.

use aws_lc_rs::digest::{SHA512, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Answer, House, Who};

pub(crate) struct Signer {
    pair: Ed25519KeyPair,
}

impl Signer {
    pub(crate) fn new() -> Self {
        Self { pair: Ed25519KeyPair::generate().expect("a key") }
    }

    fn blob(&self) -> Vec<u8> {
        strings(&[b"ssh-ed25519", self.pair.public_key().as_ref()])
    }

    /// A line of `authorized_keys`, without a comment.
    pub(crate) fn line(&self) -> String {
        format!("ssh-ed25519 {}", STANDARD.encode(self.blob()))
    }

    /// What `ssh-keygen -Y sign -n NAMESPACE` writes.
    pub(crate) fn sign(&self, namespace: &str, message: &str) -> String {
        let hashed = digest(&SHA512, message.as_bytes());
        let signed = [b"SSHSIG", strings(&[namespace.as_bytes(), b"", b"sha512", hashed.as_ref()]).as_slice()].concat();
        let signature = strings(&[b"ssh-ed25519", self.pair.sign(&signed).as_ref()]);
        let parts = strings(&[&self.blob(), namespace.as_bytes(), b"", b"sha512", &signature]);
        let encoded = STANDARD.encode([b"SSHSIG\0\0\0\x01", parts.as_slice()].concat());
        let lines: Vec<&str> = encoded.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
    }

    /// Adds it to the caller's account.
    pub(crate) async fn add(&self, house: &House, who: &Who, name: &str) -> Answer {
        let me = house.get(who, "/api/v1/me").await.json();
        let account = me["account"].as_str().expect("an account").to_owned();
        let signature = self.sign("assent.key", &format!("assent key {account}\n"));
        let body = json!({ "name": name, "public_key": format!("{} ada@laptop", self.line()), "signature": signature });
        house.call(who, "POST", "/api/v1/me/ssh-keys", Some(body)).await
    }
}

fn strings(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&u32::try_from(part.len()).expect("short").to_be_bytes(), *part].concat()).collect()
}
