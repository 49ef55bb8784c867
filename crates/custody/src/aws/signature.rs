//! Signature Version 4 of a `POST /` with a body.
//!
//! Source: AWS, "Create a signed AWS API request".

use std::fmt::Write as _;

use assent_base::Secret;
use aws_lc_rs::{digest, hmac};

/// Whom a request is signed by.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) session: Option<Secret>,
}

/// What is signed.
pub(super) struct Signed<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// `20261122T040000Z`.
    pub(super) at: &'a str,
    /// In lower case and sorted, `host` and `x-amz-date` among them.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

impl Signed<'_> {
    /// The value of `Authorization`.
    pub(super) fn by(&self, credentials: &Credentials) -> String {
        let day = self.at.get(..8).unwrap_or(self.at);
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let names = self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut request = String::from("POST\n/\n\n");
        for (name, value) in self.headers {
            // A `String` takes everything.
            let _ = writeln!(request, "{name}:{}", value.trim());
        }
        let _ = write!(request, "\n{names}\n{}", sha256(self.body));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.at, sha256(request.as_bytes()));
        let first = zeroize::Zeroizing::new(format!("AWS4{}", credentials.secret.expose()));
        let key = [day, self.region, self.service, "aws4_request"]
            .iter()
            .fold(zeroize::Zeroizing::new(first.as_bytes().to_vec()), |key, part| zeroize::Zeroizing::new(mac(&key, part)));
        let signature = hex::encode(mac(&key, &text));
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", credentials.id)
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same requests were signed by botocore 1.44.5.
    #[test]
    fn signatures_are_those_of_another_implementation() {
        let body = br#"{"KeyId":"alias/assent","Plaintext":"AAAA"}"#;
        let session = "AQoDYXdzEE0a8ANXXX//==";
        for (session, due) in [
            (None, "6071bc30fa83fc5e6f1207345b65d327abb823043834236e13ee9970224d80e8"),
            (Some(session), "81eb6671fa10435077cd2f70dba1c1ad815b30029b28b15428466231bd8b6cb2"),
        ] {
            let mut headers = vec![
                ("content-type", "application/x-amz-json-1.1"),
                ("host", "kms.eu-central-1.amazonaws.com"),
                ("x-amz-date", "20261122T040000Z"),
            ];
            headers.extend(session.map(|session| ("x-amz-security-token", session)));
            headers.push(("x-amz-target", "TrentService.Encrypt"));
            let signed = Signed { region: "eu-central-1", service: "kms", at: "20261122T040000Z", headers: &headers, body };
            let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
            let by = Credentials { id: "AKIDEXAMPLE".to_owned(), secret, session: None };
            let value = signed.by(&by);
            assert!(value.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-central-1/kms/aws4_request, SignedHeaders=content-type;host;"
            ));
            assert!(value.ends_with(&format!("Signature={due}")), "{value}");
        }
    }
}
