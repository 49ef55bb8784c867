//! One key, and what it can do: seal bytes, open them, authenticate, and derive other keys.
//!
//! Bytes are sealed with XAES-256-GCM: AES-256-GCM under a key that is derived anew for each message from half of a random nonce of 24
//! bytes. Plain AES-GCM with random nonces may seal some 2^32 messages under one key, which a busy tenant would reach; this one need not
//! be counted. A sealed text is the nonce, the ciphertext and the tag of 16 bytes.
//!
//! Source: C2SP XAES-256-GCM.

use assent_base::Digest;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{cmac, hmac, rand};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of a tag, at the end of a sealed text.
pub(crate) const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// A text did not open: it was altered, or sealed under another key or for another place.
#[derive(Debug)]
pub(crate) struct Broken;

/// A key of 256 bits. It is overwritten when it goes, and prints as nothing.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    pub(crate) fn random() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Result<Self, Broken> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| Broken)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Names the key without giving it away.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of_parts(&[b"assent key", self.0.as_slice()])
    }

    /// The key for one use: HMAC-SHA256 of the parts.
    pub(crate) fn derive(&self, parts: &[&[u8]]) -> Self {
        Self(Zeroizing::new(self.mac(parts)))
    }

    /// HMAC-SHA256 of the parts, each preceded by its length.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// Seals `plain` for the place that `bound` names.
    pub(crate) fn seal(&self, bound: &[&[u8]], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        fill(&mut nonce)?;
        self.seal_with(nonce, &joined(bound), plain).map_err(|Broken| StoreError::unavailable("the cipher", "sealing failed"))
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, bound: &[&[u8]], sealed: &[u8]) -> Result<Vec<u8>, Broken> {
        self.open_with(&joined(bound), sealed)
    }

    fn seal_with(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Broken> {
        let (key, short) = self.of_message(&nonce)?;
        let mut sealed = Vec::with_capacity(NONCE_BYTES + plain.len() + TAG_BYTES);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let body = sealed.get_mut(NONCE_BYTES..).ok_or(Broken)?;
        let tag = key.seal_in_place_separate_tag(short, Aad::from(aad), body).map_err(|_| Broken)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    fn open_with(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Broken> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
        let (key, short) = self.of_message(nonce)?;
        let mut plain = body.to_vec();
        let length = key.open_in_place(short, Aad::from(aad), &mut plain).map_err(|_| Broken)?.len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The key of one message, from the first half of its nonce, and the second half as the nonce of AES-GCM.
    fn of_message(&self, nonce: &[u8; NONCE_BYTES]) -> Result<(LessSafeKey, Nonce), Broken> {
        let cmac_key = cmac::Key::new(cmac::AES_256, self.0.as_slice()).map_err(|_| Broken)?;
        let (salt, short) = nonce.split_at(NONCE_BYTES / 2);
        let mut derived = Zeroizing::new([0; KEY_BYTES]);
        for (counter, half) in (1..=2).zip(derived.chunks_exact_mut(KEY_BYTES / 2)) {
            let mut block = [0, counter, b'X', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            block.iter_mut().skip(4).zip(salt).for_each(|(to, from)| *to = *from);
            half.copy_from_slice(cmac::sign(&cmac_key, &block).map_err(|_| Broken)?.as_ref());
        }
        let key = UnboundKey::new(&AES_256_GCM, derived.as_slice()).map_err(|_| Broken)?;
        Ok((LessSafeKey::new(key), Nonce::try_assume_unique_for_key(short).map_err(|_| Broken)?))
    }
}

/// Whether two authenticators are equal, in a time that does not depend on where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// The tag of a sealed text: it stands for the whole to whoever has no key.
pub(crate) fn tag(sealed: &[u8]) -> &[u8] {
    sealed.last_chunk::<TAG_BYTES>().map_or(&[], |tag| tag.as_slice())
}

fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    rand::fill(bytes).map_err(|_| StoreError::unavailable("the source of randomness", "no random bytes"))
}

/// The parts, each preceded by its length, so that no two lists of parts have the same bytes.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two examples of the specification.
    #[test]
    fn sealing_agrees_with_the_published_vectors() {
        let nonce = *b"ABCDEFGHIJKLMNOPQRSTUVWX";
        let sealed = key(1).seal_with(nonce, b"", b"XAES-256-GCM").unwrap();
        assert_eq!(hex::encode(&sealed[24..]), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
        let sealed = key(3).seal_with(nonce, b"c2sp.org/XAES-256-GCM", b"XAES-256-GCM").unwrap();
        assert_eq!(hex::encode(&sealed[24..]), "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
    }

    #[test]
    fn a_text_opens_only_where_it_was_sealed() {
        let sealed = key(1).seal(&[b"a", b"bc"], b"text").unwrap();
        assert_eq!(key(1).open(&[b"a", b"bc"], &sealed).unwrap(), b"text");
        assert!(key(1).open(&[b"ab", b"c"], &sealed).is_err(), "another place");
        assert!(key(2).open(&[b"a", b"bc"], &sealed).is_err(), "another key");
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key(1).open(&[b"a", b"bc"], &altered).is_err(), "byte {at}");
            assert!(key(1).open(&[b"a", b"bc"], &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    fn key(byte: u8) -> Key {
        Key::from_slice(&[byte; KEY_BYTES]).unwrap()
    }
}
