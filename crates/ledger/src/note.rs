//! Signed notes: some lines of text, an empty line, and a line for each signature.
//!
//! ```text
//! ledger.example
//! 813
//! 7E3sPVAX1T5Q0m7lXN+IhW8x1v1z7W6l3E4P0fIkC6o=
//!
//! — ledger.example HX1dHJ7…
//! ```
//!
//! Source: C2SP signed-note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A note at most.
pub const NOTE_BYTES_MAX: usize = 8 * 1024;
/// Signatures of a note at most.
pub const SIGNATURES_MAX: usize = 16;
const SIGNATURE_START: &str = "\u{2014} ";

/// A note that was split into its parts. Nothing about it is proven yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: String,
    /// The key hash.
    pub id: [u8; 4],
    /// What follows it: its shape depends on the algorithm.
    pub bytes: Vec<u8>,
}

/// Why text is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    /// More bytes than a note has.
    #[error("longer than {NOTE_BYTES_MAX} bytes")]
    TooLong,
    /// No UTF-8, or control characters.
    #[error("not plain text")]
    NotText,
    /// No empty line between text and signatures, or no line end at the end.
    #[error("no text, empty line and signatures")]
    NoSignatures,
    /// A line after the empty one that is no signature.
    #[error("signature {0} is malformed")]
    BadSignature(usize),
    /// More signatures than a note has.
    #[error("more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
}

impl Note {
    /// Splits a note.
    ///
    /// # Errors
    /// When it does not have the shape of one.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadNote> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(BadNote::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadNote::NotText)?;
        if text.contains(|c: char| c.is_control() && c != '\n') {
            return Err(BadNote::NotText);
        }
        let (text, lines) = text.rsplit_once("\n\n").ok_or(BadNote::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(BadNote::NoSignatures)?;
        if lines.split('\n').count() > SIGNATURES_MAX {
            return Err(BadNote::TooManySignatures);
        }
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(at, line)| Signature::parse(line).ok_or(BadNote::BadSignature(at)))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// What was signed, with its last line end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
}

impl Signature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        (!name.is_empty() && !name.contains('+') && !bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            id: *id,
            bytes: bytes.to_vec(),
        })
    }

    /// The line as it stands in a note, with its line end.
    #[must_use]
    pub fn line(&self) -> String {
        let bytes: Vec<u8> = self.id.iter().chain(&self.bytes).copied().collect();
        format!("{SIGNATURE_START}{} {}\n", self.name, STANDARD.encode(bytes))
    }
}

/// Splits the first note from bytes in which notes of one log follow each other; none if they do not begin with a whole note.
///
/// A note ends where a line after its signatures does not begin as a signature does, so a text that has an empty line in it, or begins as
/// a signature does, cannot be kept this way.
#[must_use]
pub fn split_first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let text_end = bytes.windows(2).position(|pair| pair == b"\n\n")? + 2;
    let mut end = text_end;
    while let Some(rest) = bytes.get(end..).filter(|rest| rest.starts_with(SIGNATURE_START.as_bytes())) {
        let line_end = rest.iter().position(|byte| *byte == b'\n')?;
        end += line_end + 1;
    }
    if end > text_end { bytes.split_at_checked(end) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "ledger.example\n0\nroot\n\n\u{2014} ledger.example AAAAAQI=\n";

    #[test]
    fn a_note_splits_into_text_and_signatures() {
        let note = Note::parse(NOTE.as_bytes()).unwrap();
        assert_eq!(note.text(), "ledger.example\n0\nroot\n");
        let signature = Signature { name: "ledger.example".to_owned(), id: [0, 0, 0, 1], bytes: vec![2] };
        assert_eq!(note.signatures(), std::slice::from_ref(&signature));
        assert!(NOTE.ends_with(&signature.line()));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let cases = [
            (NOTE.replace("\n\n", "\n"), BadNote::NoSignatures),
            (NOTE.trim_end().to_owned(), BadNote::NoSignatures),
            (NOTE.replace("root", "ro\tot"), BadNote::NotText),
            (NOTE.replace("AAAAAQI=", "AAAAAQJ="), BadNote::BadSignature(0)),
            (NOTE.replace("AAAAAQI=", "AAAAAQ=="), BadNote::BadSignature(0)),
            (NOTE.replace('\u{2014}', "-"), BadNote::BadSignature(0)),
            (format!("{NOTE}more\n"), BadNote::BadSignature(1)),
            (format!("{NOTE}{}", "\u{2014} a AAAAAQI=\n".repeat(SIGNATURES_MAX)), BadNote::TooManySignatures),
            ("x".repeat(NOTE_BYTES_MAX + 1), BadNote::TooLong),
        ];
        for (text, why) in cases {
            assert_eq!(Note::parse(text.as_bytes()), Err(why), "{text}");
        }
        assert_eq!(Note::parse(b"\xff\n\n\n"), Err(BadNote::NotText));
    }

    #[test]
    fn notes_in_a_row_come_apart() {
        let two = format!("{NOTE}{NOTE}");
        let (first, rest) = split_first(two.as_bytes()).unwrap();
        assert_eq!((first, rest), (NOTE.as_bytes(), NOTE.as_bytes()));
        assert_eq!(split_first(rest).unwrap().1, b"");
        assert_eq!(split_first(&NOTE.as_bytes()[..NOTE.len() - 1]), None, "a note that is cut off");
        assert_eq!(split_first(b"a\n\nb\n"), None, "no signature");
        assert_eq!(split_first(b""), None);
    }
}
