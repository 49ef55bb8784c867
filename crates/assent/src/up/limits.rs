//! The limits of the API that can be set: `limits` of the file, `ASSENT_LIMITS`, `--limit`.

use anyhow::{Context, bail};
use assent_http::{Config, Listen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

macro_rules! limits {
    (|$value:ident, $http:ident, $listen:ident| $($(#[$doc:meta])* $name:ident: $min:literal..=$max:literal => $set:expr;)*) => {
        /// Limits; what is absent is as `assent_http` has it.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct Limits {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub(crate) $name: Option<u64>,)*
        }

        impl Limits {
            /// Refuses what would serve nobody, or bound nothing.
            pub(crate) fn check(&self) -> anyhow::Result<()> {
                $(if let Some(value) = self.$name.filter(|value| !($min..=$max).contains(value)) {
                    bail!("the limit `{}` is {value}, and may be {} to {}", stringify!($name), $min, $max);
                })*
                Ok(())
            }

            /// Puts these limits where they count.
            pub(crate) fn set(&self, $http: &mut Config, $listen: &mut Listen) {
                $(if let Some($value) = self.$name { $set; })*
            }
        }
    };
}

limits! { |value, http, listen|
    /// Bytes of a body of somebody who is signed in.
    body_bytes_max: 4_096..=67_108_864 => http.limits.body_bytes_max = size(value);
    /// Bytes of a body of a stranger.
    public_body_bytes_max: 4_096..=1_048_576 => http.limits.public_body_bytes_max = size(value);
    /// Bytes of alerts.
    alerts_body_bytes_max: 4_096..=67_108_864 => http.limits.alerts_body_bytes_max = size(value);
    /// Bytes of a query.
    query_bytes_max: 256..=65_536 => http.limits.query_bytes_max = size(value);
    /// Parameters of a query.
    query_parameters_max: 8..=1_024 => http.limits.query_parameters_max = size(value);
    /// Milliseconds for a body to arrive.
    body_timeout_ms: 100..=600_000 => http.limits.body_timeout_ms = value;
    /// The same for a body of a stranger, if that is less.
    public_body_timeout_ms: 100..=600_000 => http.limits.public_body_timeout_ms = value;
    /// Bodies on their way at one time of those who are known.
    bodies_max: 1..=65_536 => http.limits.bodies_max = size(value);
    /// Those of one caller.
    bodies_per_principal_max: 1..=65_536 => http.limits.bodies_per_principal_max = size(value);
    /// Bytes of bodies that are not whole yet.
    bodies_bytes_max: 8_388_608..=1_073_741_824 => http.limits.bodies_bytes_max = size(value);
    /// Bodies of strangers on their way at one time, alerts among them.
    public_bodies_max: 1..=65_536 => http.limits.public_bodies_max = size(value);
    /// Those of one address.
    public_bodies_per_address_max: 1..=65_536 => http.limits.public_bodies_per_address_max = size(value);
    /// Bytes of bodies of strangers that are not whole yet.
    public_bodies_bytes_max: 8_388_608..=1_073_741_824 => http.limits.public_bodies_bytes_max = size(value);
    /// Milliseconds for an answer to be made.
    answer_timeout_ms: 100..=600_000 => http.limits.answer_timeout_ms = value;
    /// Requests that are answered at one time.
    requests_at_once_max: 1..=65_536 => http.limits.requests_at_once_max = size(value);
    /// Requests a second of one address, on average.
    requests_per_s: 1..=1_000_000 => http.limits.requests_per_s = rate(value);
    /// Requests of one address at once.
    requests_burst: 1..=1_000_000 => http.limits.requests_burst = rate(value);
    /// Requests a second of one address that need no credentials and change something, as a sign-in.
    public_writes_per_s: 1..=10_000 => http.limits.public_writes_per_s = rate(value);
    /// Those at once.
    public_writes_burst: 1..=10_000 => http.limits.public_writes_burst = rate(value);
    /// Addresses that are remembered for that.
    addresses_max: 16..=10_000_000 => http.limits.addresses_max = size(value);
    /// Live streams of one principal.
    streams_per_principal_max: 1..=1_024 => http.limits.streams_per_principal_max = size(value);
    /// Live streams of all.
    streams_max: 1..=65_536 => http.limits.streams_max = size(value);
    /// Connections at one time.
    connections_max: 1..=1_000_000 => listen.connections_max = size(value);
    /// Those of one address.
    connections_per_address_max: 1..=1_000_000 => listen.connections_per_address_max = size(value);
    /// Bytes of a request's head.
    head_bytes_max: 8_192..=1_048_576 => listen.head_bytes_max = size(value);
    /// Headers of a request.
    headers_max: 16..=1_024 => listen.headers_max = size(value);
    /// Milliseconds in which the head of a request must arrive.
    headers_timeout_ms: 100..=600_000 => listen.headers_timeout_ms = value;
    /// Milliseconds for requests to end once the platform is told to stop.
    drain_ms: 1..=600_000 => listen.drain_ms = value;
}

impl Limits {
    /// The limits of a file, and over them those of flags or the environment, as `NAME=NUMBER`.
    pub(crate) fn over(self, asked: &[String]) -> anyhow::Result<Self> {
        let mut all = match serde_json::to_value(self).context("limits are no object")? {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        for text in asked {
            let (name, number) = text.split_once('=').with_context(|| format!("`{text}` is no limit: write NAME=NUMBER"))?;
            let number: u64 = number.trim().parse().with_context(|| format!("`{text}` is no limit: write NAME=NUMBER"))?;
            all.insert(name.trim().to_owned(), Value::from(number));
        }
        let limits: Self = serde_json::from_value(Value::Object(all)).context("there is no such limit")?;
        limits.check()?;
        Ok(limits)
    }
}

fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a rate of at most a million")]
fn rate(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_beats_the_file_and_the_rest_stays() {
        let file = Limits { requests_per_s: Some(5), connections_max: Some(10), ..Limits::default() };
        let limits = file.over(&["requests_per_s=7".to_owned()]).unwrap();
        let mut http = Config::loopback(Value::Null);
        let mut listen = Listen::on(([127, 0, 0, 1], 0).into(), assent_http::Tls::Off);
        limits.set(&mut http, &mut listen);
        assert_eq!((http.limits.requests_per_s, listen.connections_max), (7.0, 10));
        assert_eq!(http.limits.requests_burst, assent_http::Limits::default().requests_burst, "what is not set is as it was");
    }

    #[test]
    fn an_unknown_limit_and_one_that_serves_nobody_are_refused() {
        for bad in ["requests_per_minute=5", "connections_max=0", "head_bytes_max=1", "drain_ms", "drain_ms=-1", "answer_timeout_ms=9e9"] {
            assert!(Limits::default().over(&[bad.to_owned()]).is_err(), "{bad}");
        }
        let message = Limits::default().over(&["connections_max=0".to_owned()]).unwrap_err().to_string();
        assert!(message.contains("connections_max") && message.contains("1 to 1000000"), "{message}");
    }

    #[test]
    fn the_documentation_names_every_limit() {
        let docs = include_str!("../../../../docs/configuration.md");
        for key in schemars::schema_for!(Limits).get("properties").and_then(|keys| keys.as_object()).unwrap().keys() {
            assert!(docs.contains(&format!("`{key}`")), "docs/configuration.md does not name `{key}`");
        }
    }
}
