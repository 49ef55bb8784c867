//! What other rooms' errors are to a caller. Texts of the database or the disk are logged and not told.

use assent_api::{Code, Problem};
use assent_store::StoreError;

/// Turns errors of other rooms into problems.
pub(crate) trait ProblemOf {
    /// Of the store.
    fn from_store(error: StoreError) -> Problem;
}

impl ProblemOf for Problem {
    fn from_store(error: StoreError) -> Problem {
        match error {
            // A tenant without its key is gone; that there was one is nobody's business.
            StoreError::Absent { .. } | StoreError::TenantAbsent(_) | StoreError::KeyDestroyed(_) => Problem::not_found(),
            StoreError::Conflict { .. } | StoreError::TenantExists(_) => Problem::new(Code::Conflict, "there is one already"),
            StoreError::Stale { found, .. } => Problem::new(Code::Stale, format!("it is at version {found} now: read it again")),
            StoreError::Gap { expected, .. } => Problem::new(Code::Conflict, format!("the stream goes on at {expected}")),
            StoreError::TooLarge { what, size, max } => Problem::new(Code::TooLarge, format!("{what} takes {size}, and {max} is the most")),
            StoreError::Refused { what } => Problem::new(Code::BadRequest, what),
            StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Keys { .. } => {
                tracing::error!(%error, "stored data is refused");
                Problem::new(Code::Corrupt, "what is stored does not pass its checks; the platform's log says more")
            }
            StoreError::Incomplete { .. } => {
                tracing::warn!(%error, "a tenant is refused");
                Problem::new(
                    Code::Corrupt,
                    "rows of this tenant are missing or came back, so nothing of it is answered: whoever runs the platform has to restore a backup",
                )
            }
            StoreError::NoInstallation { .. } => {
                tracing::error!(%error, "the database is gone");
                Problem::new(Code::Unavailable, "the database is gone")
            }
            StoreError::Unavailable { .. } => {
                tracing::error!(%error, "the store does not answer");
                Problem::new(Code::Unavailable, "the store does not answer").retry_after(5)
            }
        }
    }
}
