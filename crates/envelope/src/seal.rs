//! Messages: a question with the head of a token, sealed; and its answer, sealed for that question.
//!
//! ```text
//! question: 1 | length of the head (2) | head of the token | nonce (12) | AES-256-GCM of: number (8), body
//! answer:   1 | 1 | nonce (12) | AES-256-GCM of: status (2), seconds to wait (4), body
//!           1 | 0 | why it was not opened (1)
//! ```
//!
//! A question is bound to its operation and its head, an answer to the digest of the whole question. Numbers grow with each question under
//! a token, so that one which is said again is known.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = NONCE_LEN;
/// Bytes of a token's head at most.
pub const HEAD_BYTES_MAX: usize = 2_048;
/// Bytes that a question has besides its body and its head.
pub const QUESTION_FRAME_BYTES: usize = 1 + 2 + NONCE_LEN + NUMBER_BYTES + MAX_TAG_LEN;
/// Bytes of an answer's body at most.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;

const VERSION: u8 = 1;
const SEALED: u8 = 1;
const UNOPENED: u8 = 0;
const NUMBER_BYTES: usize = 8;
const SALT: &[u8] = b"assent envelope 1";
const QUESTION: &[u8] = b"assent question 1";
const ANSWER: &[u8] = b"assent answer 1";

/// No message of ours, or not for whoever tries to open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this does not open")]
pub struct NotOpened;

/// The keys of one token.
pub struct Seal {
    question: LessSafeKey,
    answer: LessSafeKey,
}

/// A question as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// The head of the token, of which nothing is proven before the rest opens.
    pub head: &'a str,
    nonce: [u8; NONCE_LEN],
    sealed: &'a [u8],
}

/// What a question opens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Larger than that of the question before under the same token.
    pub number: u64,
    /// The body, as it would go with HTTP.
    pub body: Vec<u8>,
}

/// What a question was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As in HTTP.
    pub status: u16,
    /// Seconds after which to come back; 0 if nothing is said of that.
    pub retry_after_s: u32,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The platform's answer to this question.
    Answer(Answer),
    /// Somebody says that the question was not opened: the platform, or whoever stands between. Nothing is proven by it.
    Unopened(Why),
}

/// Why a question was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The token does not hold, or was not what sealed it. Another one may do.
    Token,
    /// Too many questions are being answered.
    Busy,
}

/// The two parts of a token: its head, which is sent, and its signature, which is not.
#[must_use]
pub fn parts(token: &str) -> Option<(&str, &str)> {
    let (head, signature) = token.rsplit_once('.')?;
    (is_head(head) && !signature.is_empty()).then_some((head, signature))
}

/// What an answer has to be for: the whole question.
#[must_use]
pub fn digest_of(question: &[u8]) -> [u8; 32] {
    let digest: Digest = digest(&SHA256, question);
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

impl Seal {
    /// The keys of the token with this signature. Nothing only if the cryptographic library fails.
    #[must_use]
    pub fn of(signature: &str) -> Option<Self> {
        let secret = Salt::new(HKDF_SHA256, SALT).extract(signature.as_bytes());
        let key = |label: &'static [u8]| -> Option<LessSafeKey> {
            let unbound: UnboundKey = secret.expand(&[label], &AES_256_GCM).ok()?.into();
            Some(LessSafeKey::new(unbound))
        };
        Some(Self { question: key(QUESTION)?, answer: key(ANSWER)? })
    }

    /// Seals a question.
    ///
    /// # Errors
    /// When the head is none of a token, or the library fails.
    pub fn question(&self, operation: &str, head: &str, number: u64, body: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, NotOpened> {
        let length = u16::try_from(head.len()).ok().filter(|_| is_head(head)).ok_or(NotOpened)?;
        let mut sealed = Vec::with_capacity(NUMBER_BYTES + body.len() + MAX_TAG_LEN);
        sealed.extend_from_slice(&number.to_be_bytes());
        sealed.extend_from_slice(body);
        seal(&self.question, nonce, &bound(operation, head.as_bytes()), &mut sealed)?;
        let mut message = Vec::with_capacity(QUESTION_FRAME_BYTES + head.len() + body.len());
        message.push(VERSION);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(head.as_bytes());
        message.extend_from_slice(&nonce);
        message.extend_from_slice(&sealed);
        Ok(message)
    }

    /// Opens a question.
    ///
    /// # Errors
    /// When it was sealed by somebody without the token, or for another operation, or was changed.
    pub fn open(&self, operation: &str, question: &Question<'_>) -> Result<Asked, NotOpened> {
        let opened = open(&self.question, question.nonce, &bound(operation, question.head.as_bytes()), question.sealed)?;
        let (number, body) = opened.split_first_chunk::<NUMBER_BYTES>().ok_or(NotOpened)?;
        Ok(Asked { number: u64::from_be_bytes(*number), body: body.to_vec() })
    }

    /// Seals the answer to the question with this digest.
    ///
    /// # Errors
    /// When it is too long, or the library fails.
    pub fn answer(&self, to: &[u8; 32], answer: &Answer, nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, NotOpened> {
        if answer.body.len() > ANSWER_BYTES_MAX {
            return Err(NotOpened);
        }
        let mut sealed = Vec::with_capacity(6 + answer.body.len() + MAX_TAG_LEN);
        sealed.extend_from_slice(&answer.status.to_be_bytes());
        sealed.extend_from_slice(&answer.retry_after_s.to_be_bytes());
        sealed.extend_from_slice(&answer.body);
        seal(&self.answer, nonce, to, &mut sealed)?;
        Ok([&[VERSION, SEALED], nonce.as_slice(), &sealed].concat())
    }

    /// Reads what came back for the question with this digest.
    ///
    /// # Errors
    /// When it is neither the platform's answer to this question, nor says that there is none.
    pub fn came(&self, to: &[u8; 32], message: &[u8]) -> Result<Came, NotOpened> {
        match message {
            [VERSION, UNOPENED, 0] => Ok(Came::Unopened(Why::Token)),
            [VERSION, UNOPENED, 1] => Ok(Came::Unopened(Why::Busy)),
            [VERSION, SEALED, rest @ ..] => {
                let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(NotOpened)?;
                let opened = open(&self.answer, *nonce, to, sealed)?;
                let (status, rest) = opened.split_first_chunk::<2>().ok_or(NotOpened)?;
                let (wait, body) = rest.split_first_chunk::<4>().ok_or(NotOpened)?;
                let (status, retry_after_s) = (u16::from_be_bytes(*status), u32::from_be_bytes(*wait));
                Ok(Came::Answer(Answer { status, retry_after_s, body: body.to_vec() }))
            }
            _ => Err(NotOpened),
        }
    }
}

/// Says that a question was not opened.
#[must_use]
pub fn unopened(why: Why) -> Vec<u8> {
    let why = match why {
        Why::Token => 0,
        Why::Busy => 1,
    };
    vec![VERSION, UNOPENED, why]
}

impl<'a> Question<'a> {
    /// Takes a message apart. Nothing in it is proven by that.
    ///
    /// # Errors
    /// When it has not the form of a question.
    pub fn read(message: &'a [u8]) -> Result<Self, NotOpened> {
        let (version, rest) = message.split_first().ok_or(NotOpened)?;
        if *version != VERSION {
            return Err(NotOpened);
        }
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(NotOpened)?;
        let (head, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(NotOpened)?;
        let head = std::str::from_utf8(head).ok().filter(|head| is_head(head)).ok_or(NotOpened)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(NotOpened)?;
        if sealed.len() < NUMBER_BYTES + MAX_TAG_LEN {
            return Err(NotOpened);
        }
        Ok(Self { head, nonce: *nonce, sealed })
    }
}

/// `header.claims` of a JWT.
fn is_head(head: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let mut words = head.split('.');
    head.len() <= HEAD_BYTES_MAX && words.next().is_some_and(word) && words.next().is_some_and(word) && words.next().is_none()
}

/// The operation and the head, so that neither can be exchanged. The length keeps the two apart.
fn bound(operation: &str, head: &[u8]) -> Vec<u8> {
    let length = u32::try_from(operation.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), operation.as_bytes(), head].concat()
}

fn seal(key: &LessSafeKey, nonce: [u8; NONCE_LEN], bound: &[u8], bytes: &mut Vec<u8>) -> Result<(), NotOpened> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(bound), bytes).map_err(|_| NotOpened)
}

fn open(key: &LessSafeKey, nonce: [u8; NONCE_LEN], bound: &[u8], sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let mut bytes = sealed.to_vec();
    let opened = key.open_in_place(nonce, Aad::from(bound), &mut bytes).map_err(|_| NotOpened)?.len();
    bytes.truncate(opened);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "eyJhIjoxfQ.eyJiIjoyfQ.c2lnbmF0dXJl";

    fn seal_of(token: &str) -> (&str, Seal) {
        let (head, signature) = parts(token).unwrap();
        (head, Seal::of(signature).unwrap())
    }

    #[test]
    fn a_question_and_its_answer_come_through() {
        let (head, seal) = seal_of(TOKEN);
        let message = seal.question("ObserverHello", head, 7, b"hello", [1; 12]).unwrap();
        assert_eq!(message.len(), QUESTION_FRAME_BYTES + head.len() + 5);
        let question = Question::read(&message).unwrap();
        assert_eq!(question.head, head);
        assert_eq!(seal.open("ObserverHello", &question).unwrap(), Asked { number: 7, body: b"hello".to_vec() });
        let answer = Answer { status: 200, retry_after_s: 9, body: b"welcome".to_vec() };
        let sealed = seal.answer(&digest_of(&message), &answer, [2; 12]).unwrap();
        assert_eq!(seal.came(&digest_of(&message), &sealed).unwrap(), Came::Answer(answer));
    }

    #[test]
    fn neither_the_token_nor_the_body_can_be_read_on_the_way() {
        let (head, seal) = seal_of(TOKEN);
        let message = seal.question("ObserverHello", head, 7, b"a-body-that-nobody-may-see", [1; 12]).unwrap();
        for secret in [b"c2lnbmF0dXJl".as_slice(), b"nobody-may-see"] {
            assert!(!message.windows(secret.len()).any(|window| window == secret));
        }
    }

    #[test]
    fn a_question_opens_for_its_operation_and_its_token_alone() {
        let (head, seal) = seal_of(TOKEN);
        let message = seal.question("ObserverHello", head, 7, b"hello", [1; 12]).unwrap();
        let question = Question::read(&message).unwrap();
        assert_eq!(seal.open("ObserverSignals", &question), Err(NotOpened));
        assert_eq!(Seal::of("another").unwrap().open("ObserverHello", &question), Err(NotOpened));
        let other_head = Question { head: "eyJhIjoxfQ.eyJiIjozfQ", ..question };
        assert_eq!(seal.open("ObserverHello", &other_head), Err(NotOpened));
    }

    #[test]
    fn an_answer_is_for_its_question_alone_and_no_question_is_an_answer() {
        let (head, seal) = seal_of(TOKEN);
        let first = seal.question("ObserverSignals", head, 1, b"a", [1; 12]).unwrap();
        let second = seal.question("ObserverSignals", head, 2, b"b", [2; 12]).unwrap();
        let answer = Answer { status: 200, retry_after_s: 0, body: b"kept".to_vec() };
        let sealed = seal.answer(&digest_of(&first), &answer, [3; 12]).unwrap();
        assert_eq!(seal.came(&digest_of(&second), &sealed), Err(NotOpened), "an answer that is said again");
        assert_eq!(seal.came(&digest_of(&first), &first), Err(NotOpened), "a question that is sent back");
        let forged = Seal::of("another").unwrap().answer(&digest_of(&first), &answer, [3; 12]).unwrap();
        assert_eq!(seal.came(&digest_of(&first), &forged), Err(NotOpened));
    }

    #[test]
    fn what_is_not_proven_says_two_things_and_no_third() {
        let (_, seal) = seal_of(TOKEN);
        assert_eq!(seal.came(&[0; 32], &unopened(Why::Token)), Ok(Came::Unopened(Why::Token)));
        assert_eq!(seal.came(&[0; 32], &unopened(Why::Busy)), Ok(Came::Unopened(Why::Busy)));
        for bad in [&[][..], &[1], &[1, 0], &[1, 0, 2], &[1, 0, 0, 0], &[2, 0, 0], &[1, 1], &[1, 2, 0]] {
            assert_eq!(seal.came(&[0; 32], bad), Err(NotOpened), "{bad:?}");
        }
    }

    #[test]
    fn the_head_of_a_token_is_two_words() {
        assert_eq!(parts(TOKEN), Some(("eyJhIjoxfQ.eyJiIjoyfQ", "c2lnbmF0dXJl")));
        for bad in ["", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b\n.c"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
        assert_eq!(parts(&format!("a.{}.c", "b".repeat(HEAD_BYTES_MAX))), None);
    }

    proptest! {
        #[test]
        fn rubbish_never_opens_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600), start in 0_usize..4) {
            let (_, seal) = seal_of(TOKEN);
            let bytes = [&[1, 0, 21, b'a'][..start], &bytes].concat();
            if let Ok(question) = Question::read(&bytes) {
                prop_assert_eq!(seal.open("ObserverHello", &question), Err(NotOpened));
            }
            if let Ok(came) = seal.came(&[0; 32], &bytes) {
                prop_assert!(matches!(came, Came::Unopened(_)));
            }
        }

        #[test]
        fn one_changed_bit_is_found(at in any::<proptest::sample::Index>(), bit in 0_u8..8, body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let (head, seal) = seal_of(TOKEN);
            let mut message = seal.question("ObserverHello", head, 7, &body, [1; 12]).unwrap();
            let at = at.index(message.len());
            message[at] ^= 1 << bit;
            let opened = Question::read(&message).and_then(|question| seal.open("ObserverHello", &question));
            prop_assert_eq!(opened, Err(NotOpened));
            let answer = Answer { status: 200, retry_after_s: 0, body };
            let mut sealed = seal.answer(&[7; 32], &answer, [2; 12]).unwrap();
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert_ne!(seal.came(&[7; 32], &sealed), Ok(Came::Answer(answer)));
        }
    }
}
