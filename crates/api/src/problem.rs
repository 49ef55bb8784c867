//! What went wrong, as RFC 9457 has it: `application/problem+json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the pages of the codes stand.
pub const DOCS: &str = "/docs/errors/";

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $status:literal, $title:literal;)*) => {
        /// What kind of problem. Each has a page under `docs/errors/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $word,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// The same words for every problem of this kind.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be read: bad JSON, an unknown field, a bad id.
    BadRequest = "bad_request", 400, "The request cannot be read";
    /// A value is out of its domain.
    Invalid = "invalid", 422, "A value is not acceptable";
    /// No credentials, or none that hold.
    NotSignedIn = "not_signed_in", 401, "Sign in first";
    /// Policy refuses. Only told where the caller may know that the resource exists.
    Refused = "refused", 403, "Policy does not allow this";
    /// The request comes from another site, or without its CSRF token.
    CrossSite = "cross_site", 403, "The request does not come from this site";
    /// There is no such thing, or the caller may not know of it: the two look alike.
    NotFound = "not_found", 404, "There is no such thing";
    /// The path has no such method.
    MethodNotAllowed = "method_not_allowed", 405, "The path has no such method";
    /// It exists already, or is in a state that does not allow this.
    Conflict = "conflict", 409, "The state does not allow this";
    /// It changed since it was read (`If-Match`).
    Stale = "stale", 412, "It has changed since you read it";
    /// The body is larger than the limit.
    TooLarge = "too_large", 413, "The request is too large";
    /// The body is no JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "The body must be application/json";
    /// Too many requests; `Retry-After` says when to come back.
    TooMany = "too_many", 429, "Too many requests";
    /// Too many failed attempts to sign in.
    LockedOut = "locked_out", 429, "Too many failed attempts";
    /// Something in the platform failed; its log has the request id.
    Internal = "internal", 500, "The platform failed";
    /// A dependency does not answer: the database, the ledger, an identity provider.
    Unavailable = "unavailable", 503, "The platform cannot do this now";
    /// The ledger takes no records, so nothing that must be recorded is done.
    LedgerStopped = "ledger_stopped", 503, "The ledger is stopped";
    /// What is stored does not pass its checks. It is not shown.
    Corrupt = "corrupt", 500, "Stored data does not pass its checks";
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldProblem {
    /// JSON pointer of the field: `/retention/incidents_days`.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// A problem. Its texts are boxed so that a `Result` with it stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Where the problem's kind is explained.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// The kind, in words.
    pub title: Box<str>,
    /// The HTTP status.
    pub status: u16,
    /// The kind.
    pub code: Code,
    /// What is wrong here, and what to do.
    pub detail: String,
    /// The id of the request, as in the access log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Box<str>>,
    /// The fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// Seconds after which to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{DOCS}{}", code.as_str()).into(),
            title: code.title().into(),
            status: code.status(),
            code,
            detail: detail.into(),
            request_id: None,
            fields: Vec::new(),
            retry_after_s: None,
        }
    }

    /// Absent or forbidden: the answer is the same to the byte.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "there is no such thing, or you may not know of it")
    }

    /// One wrong field.
    #[must_use]
    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let mut problem = Self::new(Code::Invalid, format!("`{pointer}`: {detail}"));
        problem.fields.push(FieldProblem { pointer: pointer.to_owned(), detail });
        problem
    }

    /// The same, with the seconds after which to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}
