//! Checksums and shapes that tell a real secret from what merely looks like one.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::cursor::{ALNUM, DIGIT, LOWER, UPPER};
use crate::cursor::{at, class, slice};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const STANDARD_LENIENT: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_LENIENT: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// The bytes behind base64 text of either alphabet, padded or not.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let url = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = if url { &URL_LENIENT } else { &STANDARD_LENIENT };
    engine.decode(text).ok()
}

/// ISO/IEC 7812-1, annex B: whether the last digit is the check digit of those before it.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Whether this many digits with this beginning are a payment card of a network that is in use, and the check digit is right.
pub(crate) fn card(digits: &[u8]) -> bool {
    let head = |count: usize| slice(digits, 0, count).iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')));
    let network = match digits.len() {
        14 => matches!(head(3), 300..=305) || matches!(head(2), 36 | 38 | 39),
        15 => matches!(head(2), 34 | 37),
        16 => {
            head(1) == 4
                || matches!(head(2), 51..=55 | 65)
                || matches!(head(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(head(3), 644..=649)
        }
        _ => false,
    };
    // A card number has more than a few different digits; test patterns and counters have not.
    network && luhn(digits) && digits.iter().fold(0_u16, |seen, digit| seen | 1 << (digit & 15)).count_ones() > 3
        || network && luhn(digits) && matches!(head(4), 4111 | 4242 | 5555)
}

/// ISO 13616-1: the remainder by 97 is one once the first four characters have moved to the end. Capital letters and digits only.
pub(crate) fn iban(text: &[u8]) -> bool {
    let (Some(head), Some(tail)) = (text.get(..4), text.get(4..)) else { return false };
    let country = slice(head, 0, 2);
    if !COUNTRIES.iter().any(|(code, len)| code.as_bytes() == country && *len == text.len()) {
        return false;
    }
    let remainder = tail.iter().chain(head).try_fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    });
    remainder == Some(1)
}

/// Countries and the lengths of their numbers, from the IBAN registry.
const COUNTRIES: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// Whether the last six characters are the base-62 CRC-32 of those before them, as GitHub and npm sign their tokens.
pub(crate) fn crc_base62(body: &[u8]) -> bool {
    let Some((value, sum)) = body.split_last_chunk::<6>() else { return false };
    let mut rest = crc32(value);
    let mut expected = [b'0'; 6];
    for digit in expected.iter_mut().rev() {
        *digit = at(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", rest as usize % 62);
        rest /= 62;
    }
    *sum == expected
}

/// CRC-32 as in ISO 3309, bit by bit: the text is short.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Whether a run of token characters is too random for a name: all three sorts of characters, changing often, few of them repeated.
pub(crate) fn opaque(text: &[u8]) -> bool {
    const SORTS: u8 = LOWER | UPPER | DIGIT;
    let (mut seen, mut changes, mut last) = (0, 0, 0);
    for sort in text.iter().map(|byte| class(*byte) & SORTS) {
        // Words that dashes join change at each dash: only a change inside a word counts.
        changes += usize::from(sort != last && sort != 0 && last != 0);
        seen |= sort;
        last = sort;
    }
    seen == SORTS && changes * 3 >= text.len() && entropy_milli(text) >= 3_500
}

/// Shannon entropy in thousandths of a bit for each character.
pub(crate) fn entropy_milli(text: &[u8]) -> u32 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = text.len() as f64;
    let bits: f64 = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum();
    (bits * 1_000.0) as u32
}

/// Whether nearly all of it is text that a person or program would write.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let plain = |byte: &&u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
    let ascii = bytes.iter().filter(|byte| byte.is_ascii()).count();
    !bytes.is_empty()
        && bytes.iter().filter(plain).count() * 20 >= bytes.len() * 19
        && (ascii * 2 >= bytes.len())
        && (ascii == bytes.len() || String::from_utf8_lossy(bytes).matches('\u{fffd}').count() * 20 <= bytes.len())
}

/// Whether these are the first bytes of a DER private key: a SEQUENCE that opens with a small version number.
pub(crate) fn der_private_key(bytes: &[u8]) -> bool {
    let body = match (at(bytes, 0), at(bytes, 1)) {
        (0x30, 0x82) => 4,
        (0x30, 0x81) => 3,
        (0x30, 0x01..=0x7f) => 2,
        _ => return false,
    };
    // PKCS#8 goes on with an algorithm, PKCS#1 with a number, SEC 1 with an octet string.
    slice(bytes, body, body + 2) == [2, 1] && at(bytes, body + 2) < 2 && matches!(at(bytes, body + 3), 0x30 | 0x02 | 0x04)
}

/// Whether the text has letters and digits, or something that is neither.
pub(crate) fn mixed(text: &[u8]) -> bool {
    let has = |bits: u8| text.iter().any(|byte| class(*byte) & bits != 0);
    has(DIGIT) && has(LOWER | UPPER)
        || text.iter().any(|byte| class(*byte) & ALNUM == 0 && !matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        assert!(luhn(b"4539578763621486") && !luhn(b"4539578763621487"));
        assert!(card(b"4539578763621486") && !card(b"1778236462000000"));
        assert!(iban(b"DE89370400440532013000") && !iban(b"DE89370400440532013001") && !iban(b"XX89370400440532013000"));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn random_text_is_opaque_and_names_are_not() {
        assert!(opaque(b"Zx9Kq2LmT7vRb4WnYc8Hs5Pd1Fg6Jt3A"));
        for name in [
            "AbstractSingletonProxyFactoryBean123",
            "5f0b2f0e93ce4b1eb1c72a2f54d3c1aa",
            "checkout-6c9f7d58b4-q8z2m",
            "THE_QUICK_BROWN_FOX_1",
        ] {
            assert!(!opaque(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_private_key_is_told_from_a_certificate() {
        assert!(der_private_key(&[0x30, 0x82, 4, 0xbe, 2, 1, 0, 0x30, 0x0d]));
        assert!(der_private_key(&[0x30, 0x77, 2, 1, 1, 4, 0x20]));
        assert!(!der_private_key(&[0x30, 0x82, 4, 0xbe, 0x30, 0x82, 3, 0xa6]));
    }
}
