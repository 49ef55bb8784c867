//! What an operation is.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::access::Access;

/// An HTTP method that operations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads; changes nothing.
    Get,
    /// Creates, or does.
    Post,
    /// Replaces.
    Put,
    /// Changes some fields.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// `GET`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// No path parameters, no query, no body or no answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// One thing the platform can be asked.
pub trait Operation: Send + Sync + 'static {
    /// `GetIncident`: the operation id of the OpenAPI document.
    const NAME: &'static str;
    /// The method.
    const METHOD: Method;
    /// `/api/v1/incidents/{incident}`; names in braces are fields of [`Operation::Path`].
    const PATH: &'static str;
    /// Who may call it.
    const ACCESS: Access;
    /// The status of success: 200, 201, 202 or 204.
    const STATUS: u16;
    /// One sentence.
    const SUMMARY: &'static str;
    /// Path parameters: a struct of strings and ids.
    type Path: Serialize + DeserializeOwned + JsonSchema + Send;
    /// Query parameters: a struct of optional scalars.
    type Query: Serialize + DeserializeOwned + JsonSchema + Send;
    /// The JSON body.
    type Body: DeserializeOwned + JsonSchema + Send;
    /// The JSON answer; [`Empty`] for a 204.
    type Answer: Serialize + DeserializeOwned + JsonSchema + Send;
}
