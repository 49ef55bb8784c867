//! Answers that are no JSON document: exports, redirects, readiness.

use std::pin::Pin;

use assent_api::Problem;
use assent_base::Secret;
use bytes::Bytes;
use futures_util::Stream;

/// Bytes as they come. An error in the middle breaks the connection off, so that a part is never taken for the whole.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Problem>> + Send>>;

/// A file to be saved.
pub struct Export {
    /// `application/jsonl`.
    pub content_type: &'static str,
    /// What to call it: letters, digits, `.`, `_` and `-`.
    pub file_name: String,
    /// Its bytes.
    pub bytes: ByteStream,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Export").field("content_type", &self.content_type).field("file_name", &self.file_name).finish_non_exhaustive()
    }
}

/// Sends a browser elsewhere.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Where: a path of this platform, or the address of a configured identity provider.
    pub location: String,
    /// Whole values of `Set-Cookie`.
    pub cookies: Vec<Secret>,
}

/// Which parts are ready.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// In the order to show.
    pub parts: Vec<ReadyPart>,
}

/// One part.
#[derive(Debug, Clone)]
pub struct ReadyPart {
    /// `store`, `ledger`.
    pub name: &'static str,
    /// Nothing if it is ready, else why it is not, in words that give nothing away.
    pub waits_for: Option<&'static str>,
    /// What is to be known of it although it is ready.
    pub notice: Option<&'static str>,
}
