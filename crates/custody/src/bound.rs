//! What is wrapped holds the place that it is wrapped for, so that no keeper can give one tenant the secret of another.
//!
//! ```text
//! 1 | length of the place, two bytes | place | secret
//! ```

use zeroize::Zeroizing;

/// The form's number.
const FORM: u8 = 1;
/// Bytes that are wrapped at most: AWS KMS takes 4,096.
pub(crate) const PLAIN_BYTES_MAX: usize = 4_096;
/// Bytes of what a keeper gives for them.
pub(crate) const WRAPPED_BYTES_MAX: usize = 16 << 10;

/// Puts a secret with its place. `None` if it is too long.
pub(crate) fn bind(context: &[u8], secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let length = u16::try_from(context.len()).ok()?;
    let mut plain = Zeroizing::new(Vec::with_capacity(3 + context.len() + secret.len()));
    plain.push(FORM);
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(context);
    plain.extend_from_slice(secret);
    (plain.len() <= PLAIN_BYTES_MAX).then_some(plain)
}

/// Takes the secret out again. `None` if it was put there for another place, or not by us.
pub fn unbind<'a>(context: &[u8], plain: &'a [u8]) -> Option<&'a [u8]> {
    let (form, rest) = plain.split_first()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (place, secret) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    (*form == FORM && place == context).then_some(secret)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_secret_comes_out_for_its_place_alone(place in any::<Vec<u8>>(), other in any::<Vec<u8>>(), secret in any::<Vec<u8>>()) {
            let plain = bind(&place, &secret).unwrap();
            prop_assert_eq!(unbind(&place, &plain), Some(secret.as_slice()));
            prop_assert_eq!(unbind(&other, &plain).is_some(), other == place);
        }

        #[test]
        fn whatever_else_comes_is_none(plain in any::<Vec<u8>>()) {
            if let Some(secret) = unbind(b"place", &plain) {
                let again = bind(b"place", secret).unwrap();
                prop_assert_eq!(again.as_slice(), plain.as_slice());
            }
        }
    }

    #[test]
    fn what_is_too_long_is_not_wrapped() {
        assert!(bind(b"", &[0; PLAIN_BYTES_MAX - 3]).is_some());
        assert!(bind(b"", &[0; PLAIN_BYTES_MAX - 2]).is_none());
        assert!(bind(&vec![0; 70_000], b"").is_none());
    }
}
