//! Reads a request in protobuf where it lies: no message is built, and what is not needed is skipped.
//!
//! Decoding into structs would take some sixty times the request's bytes, since two bytes are enough for an empty span.
//!
//! Source: the protobuf encoding, and `opentelemetry/proto/{trace,metrics,common,resource}/v1`.

use std::hash::{BuildHasher as _, RandomState};

use super::said::{Attributes, Buckets, Few, Metric, Raw, Said, Span, Take, Unreadable, Word, grows};

/// Reads spans.
pub(super) fn traces(bytes: &[u8], hasher: &RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
    each(bytes, 1, &mut |of| {
        take(Said::Resource(&resource(of, hasher)?));
        each(of, 2, &mut |scope| {
            each(scope, 2, &mut |bytes| {
                take(Said::Span(&span(bytes)?));
                Ok(())
            })
        })
    })
}

/// Reads histograms.
pub(super) fn metrics(bytes: &[u8], hasher: &RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
    each(bytes, 1, &mut |of| {
        take(Said::Resource(&resource(of, hasher)?));
        each(of, 2, &mut |scope| {
            let mut identity = 0_u64;
            each(scope, 1, &mut |own| {
                identity = hasher.hash_one(own);
                Ok(())
            })?;
            each(scope, 2, &mut |bytes| metric(bytes, identity, hasher, take))
        })
    })
}

fn resource<'a>(of: &'a [u8], hasher: &RandomState) -> Result<Attributes<'a>, Unreadable> {
    let mut attributes = Attributes::default();
    each(of, 1, &mut |own| each(own, 1, &mut |pair| attribute(pair, Some(hasher), &mut attributes)))?;
    Ok(attributes)
}

fn span(bytes: &[u8]) -> Result<Span<'_>, Unreadable> {
    let (mut kind, mut start, mut end, mut status) = (0, 0, 0, 0);
    let mut attributes = Attributes::default();
    for field in Fields(bytes) {
        match field? {
            (6, value) => kind = value.signed()?,
            (7, value) => start = value.fixed64()?,
            (8, value) => end = value.fixed64()?,
            (9, value) => attribute(value.bytes()?, None, &mut attributes)?,
            (15, value) => {
                for field in Fields(value.bytes()?) {
                    if let (3, value) = field? {
                        status = value.signed()?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(Span::new(kind, (start, end), status, attributes))
}

fn metric(bytes: &[u8], scope: u64, hasher: &RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
    let (mut name, mut unit) = ("", "");
    for field in Fields(bytes) {
        match field? {
            (1, value) => name = value.text()?,
            (3, value) => unit = value.text()?,
            _ => {}
        }
    }
    let Some(metric) = Metric::new(name, unit, scope) else { return Ok(()) };
    for (number, read) in [(9, explicit as Read), (10, exponential as Read)] {
        each(bytes, number, &mut |histogram| {
            let mut temporality = 0;
            for field in Fields(histogram) {
                if let (2, value) = field? {
                    temporality = value.signed()?;
                }
            }
            each(histogram, 1, &mut |bytes| {
                read(bytes, hasher)?.take(metric, grows(temporality), take);
                Ok(())
            })
        })?;
    }
    Ok(())
}

/// Reads a point of one kind of histogram.
type Read = for<'a> fn(&'a [u8], &RandomState) -> Result<Raw<'a>, Unreadable>;

fn explicit<'a>(bytes: &'a [u8], hasher: &RandomState) -> Result<Raw<'a>, Unreadable> {
    let (mut start, mut count, mut flags, mut attributes) = (0, 0, 0, Attributes::default());
    let (mut ends, mut counts) = (Few::default(), Few::default());
    for field in Fields(bytes) {
        match field? {
            (9, value) => attribute(value.bytes()?, Some(hasher), &mut attributes)?,
            (2, value) => start = value.fixed64()?,
            (4, value) => count = value.fixed64()?,
            (6, value) => value.all_fixed64(&mut |one| counts.push(one))?,
            (7, value) => value.all_fixed64(&mut |one| ends.push(f64::from_bits(one)))?,
            (10, value) => flags = value.varint()?,
            _ => {}
        }
    }
    Ok(Raw { start, count, flags, attributes, buckets: Buckets::Explicit { ends, counts } })
}

fn exponential<'a>(bytes: &'a [u8], hasher: &RandomState) -> Result<Raw<'a>, Unreadable> {
    let (mut start, mut count, mut flags, mut attributes) = (0, 0, 0, Attributes::default());
    let (mut scale, mut offset, mut counts, mut zeros) = (0, 0, Few::default(), 0);
    for field in Fields(bytes) {
        match field? {
            (1, value) => attribute(value.bytes()?, Some(hasher), &mut attributes)?,
            (2, value) => start = value.fixed64()?,
            (4, value) => count = value.fixed64()?,
            (6, value) => scale = zigzag(value.varint()?),
            (7, value) => zeros = value.fixed64()?,
            // What is below nothing is no duration.
            (8, value) => {
                for field in Fields(value.bytes()?) {
                    match field? {
                        (1, value) => offset = zigzag(value.varint()?),
                        (2, value) => value.all_varints(&mut |one| counts.push(one))?,
                        _ => {}
                    }
                }
            }
            (10, value) => flags = value.varint()?,
            _ => {}
        }
    }
    Ok(Raw { start, count, flags, attributes, buckets: Buckets::Exponential { scale, offset, counts, zeros } })
}

fn attribute<'a>(pair: &'a [u8], mark: Option<&RandomState>, attributes: &mut Attributes<'a>) -> Result<(), Unreadable> {
    if let Some(hasher) = mark {
        attributes.mark(hasher, pair);
    }
    let (mut key, mut value) = ("", None);
    for field in Fields(pair) {
        match field? {
            (1, own) => key = own.text()?,
            (2, own) => value = Some(own.bytes()?),
            _ => {}
        }
    }
    if !Attributes::wants(key) {
        return Ok(());
    }
    let mut word = Word::Other;
    for field in Fields(value.unwrap_or_default()) {
        word = match field? {
            (1, own) => Word::Text(own.text()?.into()),
            (3, own) => Word::Number(own.signed()?),
            (2 | 4..=8, _) => Word::Other,
            _ => word,
        };
    }
    attributes.note(key, word);
    Ok(())
}

/// Does something with each message that stands in a field.
fn each<'a>(bytes: &'a [u8], number: u64, with: &mut dyn FnMut(&'a [u8]) -> Result<(), Unreadable>) -> Result<(), Unreadable> {
    for field in Fields(bytes) {
        let (own, value) = field?;
        if own == number {
            with(value.bytes()?)?;
        }
    }
    Ok(())
}

/// The fields of a message, as they stand.
struct Fields<'a>(&'a [u8]);

/// The value of a field, by its wire type.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Value<'a>), Unreadable> {
        const NUMBER_MAX: u64 = (1 << 29) - 1;
        let tag = varint(&mut self.0)?;
        let number = tag >> 3;
        if number == 0 || number > NUMBER_MAX {
            return Err(Unreadable);
        }
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut self.0)?),
            1 => Value::Fixed64(fixed64(&mut self.0)?),
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).map_err(|_| Unreadable)?;
                let (own, rest) = self.0.split_at_checked(length).ok_or(Unreadable)?;
                self.0 = rest;
                Value::Bytes(own)
            }
            5 => {
                self.0 = self.0.split_first_chunk::<4>().ok_or(Unreadable)?.1;
                Value::Fixed32
            }
            // Groups, which OpenTelemetry has none of, and what there is not.
            _ => return Err(Unreadable),
        };
        Ok((number, value))
    }
}

impl<'a> Value<'a> {
    fn bytes(self) -> Result<&'a [u8], Unreadable> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Varint(_) | Value::Fixed64(_) | Value::Fixed32 => Err(Unreadable),
        }
    }

    fn text(self) -> Result<&'a str, Unreadable> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Unreadable)
    }

    fn varint(self) -> Result<u64, Unreadable> {
        match self {
            Value::Varint(number) => Ok(number),
            Value::Bytes(_) | Value::Fixed64(_) | Value::Fixed32 => Err(Unreadable),
        }
    }

    fn signed(self) -> Result<i64, Unreadable> {
        self.varint().map(u64::cast_signed)
    }

    fn fixed64(self) -> Result<u64, Unreadable> {
        match self {
            Value::Fixed64(number) => Ok(number),
            Value::Bytes(_) | Value::Varint(_) | Value::Fixed32 => Err(Unreadable),
        }
    }

    /// Many in one field, or one of many.
    fn all_fixed64(self, with: &mut dyn FnMut(u64)) -> Result<(), Unreadable> {
        let mut rest = match self {
            Value::Bytes(bytes) => bytes,
            Value::Fixed64(_) | Value::Varint(_) | Value::Fixed32 => return self.fixed64().map(with),
        };
        while !rest.is_empty() {
            with(fixed64(&mut rest)?);
        }
        Ok(())
    }

    fn all_varints(self, with: &mut dyn FnMut(u64)) -> Result<(), Unreadable> {
        let mut rest = match self {
            Value::Bytes(bytes) => bytes,
            Value::Fixed64(_) | Value::Varint(_) | Value::Fixed32 => return self.varint().map(with),
        };
        while !rest.is_empty() {
            with(varint(&mut rest)?);
        }
        Ok(())
    }
}

fn varint(from: &mut &[u8]) -> Result<u64, Unreadable> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = from.split_first().ok_or(Unreadable)?;
        *from = rest;
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if bits << shift >> shift != bits {
            return Err(Unreadable);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Unreadable)
}

fn fixed64(from: &mut &[u8]) -> Result<u64, Unreadable> {
    let (bytes, rest) = from.split_first_chunk::<8>().ok_or(Unreadable)?;
    *from = rest;
    Ok(u64::from_le_bytes(*bytes))
}

fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// A message as it is answered: a number and a text.
pub(super) fn number_and_text(number: u64, text: &str) -> Vec<u8> {
    let mut out = vec![0x08];
    put_varint(&mut out, number);
    put_bytes(&mut out, 2, text.as_bytes());
    out
}

/// Puts a message or a text into a field whose number is below 16.
pub(super) fn put_bytes(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            assert_eq!(varint(&mut out.as_slice()), Ok(number));
        }
        for bad in [&[][..], &[0x80], &[0xff; 10], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]] {
            assert_eq!(varint(&mut &*bad), Err(Unreadable), "{bad:?}");
        }
        assert_eq!([0, 1, 2, 3, u64::MAX].map(zigzag), [0, -1, 1, -2, i64::MIN]);
    }

    #[test]
    fn what_is_no_message_is_told() {
        for bad in [&[0x00, 0x00][..], &[0x0b], &[0x0a, 0x05, 0x00], &[0x09, 0x00], &[0x0d, 0x00], &[0x0f]] {
            assert!(Fields(bad).any(|field| field.is_err()), "{bad:?}");
        }
        let wrong_type = [0x0a, 0x02, 0x10, 0x01];
        assert_eq!(traces(&wrong_type, &RandomState::new(), &mut |_| {}), Err(Unreadable), "a scope is no number");
    }
}
