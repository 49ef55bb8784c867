//! Addresses: where the platform is, and where an operation is below it.

use assent_api::Operation;
use reqwest::Url;
use serde::Serialize;
use serde_json::Value;

use crate::error::{CallError, ConfigError};

/// Reads the platform's address: scheme, host and port, nothing more.
pub(crate) fn base(text: &str) -> Result<Url, ConfigError> {
    let bad = || ConfigError::BadUrl { url: text.to_owned() };
    let url = Url::parse(text).map_err(|_| bad())?;
    let host = url.host_str().ok_or_else(bad)?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !bare {
        return Err(bad());
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        "http" => Err(ConfigError::PlainOutside { url: text.to_owned() }),
        _ => Err(bad()),
    }
}

/// The path of an operation with its parameters, and its query.
pub(crate) fn target<O: Operation>(path: &O::Path, query: &O::Query) -> Result<String, CallError> {
    let mut target = String::new();
    let parameters = fields(path)?;
    for part in O::PATH.split('/').skip(1) {
        target.push('/');
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => target.push_str(part),
            Some(name) => {
                let value = parameters.iter().find(|(known, _)| known == name);
                let (_, value) = value.ok_or_else(|| unfit(format!("no `{name}` for its path")))?;
                encode(&mut target, value);
            }
        }
    }
    for (n, (name, value)) in fields(query)?.iter().enumerate() {
        target.push(if n == 0 { '?' } else { '&' });
        encode(&mut target, name);
        target.push('=');
        encode(&mut target, value);
    }
    Ok(target)
}

/// The fields of a struct of scalars, as text; without those that are absent.
fn fields(parameters: &impl Serialize) -> Result<Vec<(String, String)>, CallError> {
    let value = serde_json::to_value(parameters).map_err(|error| unfit(error.to_string()))?;
    let mut fields = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(unfit(format!("`{name}` is no scalar"))),
        };
        fields.push((name.clone(), text));
    }
    // The same call is the same text, whatever order the map of JSON keeps.
    fields.sort();
    Ok(fields)
}

fn unfit(why: String) -> CallError {
    CallError::Unwritable { why }
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_api::incidents::IncidentQuery;
    use assent_api::operations::{GetRecord, ListIncidents};
    use assent_api::{Empty, ledger::RecordPath};

    use super::*;

    #[test]
    fn plain_http_is_for_loopback() {
        for good in ["https://assent.example", "https://10.0.0.1:8473", "http://localhost:8473/", "http://127.0.0.2", "http://[::1]:1"] {
            assert!(base(good).is_ok(), "{good}");
        }
        for plain in ["http://assent.example", "http://10.0.0.1", "http://localhost.example", "http://[::2]"] {
            assert!(matches!(base(plain), Err(ConfigError::PlainOutside { .. })), "{plain}");
        }
        for bad in ["", "assent.example", "ftp://localhost", "https://a/b", "https://a?b", "https://u:p@a", "https://a/#b", "unix:/x"] {
            assert!(matches!(base(bad), Err(ConfigError::BadUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn parameters_are_encoded_so_that_they_stay_parameters() {
        let query = IncidentQuery { text: Some("a&b=c/../?#é %".to_owned()), limit: Some(5), ..IncidentQuery::default() };
        let target = target::<ListIncidents>(&Empty {}, &query).expect("scalars");
        assert_eq!(target, "/api/v1/incidents?limit=5&text=a%26b%3Dc%2F..%2F%3F%23%C3%A9%20%25");
        assert_eq!(super::target::<GetRecord>(&RecordPath { index: 7 }, &Empty {}).expect("scalars"), "/api/v1/ledger/records/7");
    }
}
