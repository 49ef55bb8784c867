//! Parameters of paths and queries: names with texts, read into types as strictly as bodies are.
//!
//! A number is decimal digits without sign or leading zero, a truth value `true` or `false`. A name that the type does not know, or that
//! stands twice, is refused, as are broken percent-encoding, bad UTF-8 and control characters.

use assent_api::{Code, Problem};
use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::config::Limits;
use crate::json;

/// Reads a query into a type.
///
/// # Errors
/// Text that is not exactly one query of this type.
pub fn query<T: DeserializeOwned>(raw: Option<&str>, limits: &Limits) -> Result<T, Problem> {
    let raw = raw.unwrap_or("");
    if raw.len() > limits.query_bytes_max {
        return Err(Problem::new(Code::BadRequest, format!("the query is longer than {} bytes", limits.query_bytes_max)));
    }
    let mut pairs = Vec::new();
    for pair in raw.split('&').filter(|_| !raw.is_empty()) {
        if pairs.len() == limits.query_parameters_max {
            return Err(Problem::new(Code::BadRequest, format!("the query has more than {} parameters", limits.query_parameters_max)));
        }
        let (name, value) = pair.split_once('=').ok_or_else(|| Problem::new(Code::BadRequest, "the query has a part without `=`"))?;
        let decoded = decode(name, true).zip(decode(value, true));
        pairs.push(decoded.ok_or_else(|| Problem::new(Code::BadRequest, "the query is not percent-encoded text"))?);
    }
    typed(&pairs)
}

/// Reads parameters of a path, already taken apart but not decoded, into a type.
pub(crate) fn path<T: DeserializeOwned>(parameters: &[(String, String)]) -> Result<T, Problem> {
    typed(parameters)
}

fn typed<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Problem> {
    let entries = pairs.iter().map(|(name, text)| (name.as_str(), Text(text)));
    serde_path_to_error::deserialize(MapDeserializer::new(entries)).map_err(|error| {
        let name = error.path().iter().next().map(|segment| format!("/{segment}")).unwrap_or_default();
        json::field(name, &error.inner().to_string())
    })
}

/// Undoes percent-encoding. Nothing if it is broken, or hides what no parameter has.
pub(crate) fn decode(raw: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
                let [Some(high), Some(low)] = digits else { return None };
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

/// One text, read as whatever is asked for.
#[derive(Clone, Copy)]
struct Text<'de>(&'de str);

impl<'de> IntoDeserializer<'de, Error> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Decimal digits only: what is written in two ways would be two names of one thing.
fn number<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain).ok_or_else(|| Error::custom("expected a number without sign, in decimal digits"))
}

macro_rules! numbers {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(number(self.0)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Error::custom("expected `true` or `false`")),
        }
    }

    numbers! { deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64, }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Reads a number as parameters have it.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    u64::deserialize(Text(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assent_api::incidents::IncidentQuery;
    use assent_api::ledger::RecordPath;

    fn ask(raw: &str) -> Result<IncidentQuery, Problem> {
        query(Some(raw), &Limits::default())
    }

    #[test]
    fn a_query_is_read_into_its_type() {
        let query = ask("severity=broken&limit=7&text=pod+a%20b&since=2026-05-04T10:00:00Z").expect("a good query");
        assert_eq!((query.limit, query.text.as_deref()), (Some(7), Some("pod a b")));
        assert_eq!(query.severity, Some(assent_api::incidents::Severity::Broken));
        assert_eq!(ask("").expect("nothing asked"), IncidentQuery::default());
    }

    #[test]
    fn what_cannot_be_read_exactly_is_refused() {
        for raw in [
            "limit=07",
            "limit=%2B7",
            "limit=-7",
            "limit=7.0",
            "limit=",
            "limit=99999999999",
            "limit=1&limit=2",
            "l%69mit=1&limit=2",
            "nope=1",
            "text=%",
            "text=%f",
            "text=%zz",
            "text=%ff",
            "text=%00",
            "text=a%0d%0ab",
            "text",
            "&",
            "severity=BROKEN",
            "since=yesterday",
            "environment=cls_0192f0c1d2e37a4b8c5d6e7f80912a3b",
        ] {
            assert_eq!(ask(raw).expect_err(raw).code, Code::BadRequest, "{raw}");
        }
        assert!(ask(&format!("text={}", "a".repeat(5_000))).is_err(), "too long");
        assert!(ask(&vec!["a=1"; 33].join("&")).is_err_and(|problem| problem.detail.contains("more than 32")), "too many");
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        assert_eq!(ask("limit=x").expect_err("no number").fields.first().map(|field| field.pointer.clone()), Some("/limit".to_owned()));
    }

    #[test]
    fn a_path_of_a_number_is_read() {
        let read = |text: &str| path::<RecordPath>(&[("index".to_owned(), text.to_owned())]);
        assert_eq!(read("12").expect("a number").index, 12);
        assert!(read("1e3").is_err() && read("012").is_err() && read("18446744073709551616").is_err());
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(raw in "\\PC{0,80}") {
            let _ = ask(&raw);
            let _ = path::<RecordPath>(&[("index".to_owned(), raw.clone())]);
            let _ = decode(&raw, true);
        }
    }
}
