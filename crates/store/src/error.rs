//! Why the store did not do what it was asked.

use assent_base::id::TenantId;

/// Why the store did not do what it was asked. Whatever it is, nothing of the write that failed is kept, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such document, so there was nothing to change or delete.
    #[error("there is no {kind} `{id}`")]
    Absent {
        /// The kind of document.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// There is one already, and it was to be new.
    #[error("{kind} `{id}` exists already")]
    Conflict {
        /// The kind of document.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Somebody else changed it since it was read. Read it again.
    #[error("{kind} `{id}` has changed: it is at version {found}")]
    Stale {
        /// The kind of document.
        kind: &'static str,
        /// Its id.
        id: String,
        /// The version it has now.
        found: u64,
    },
    /// A segment would leave a gap, or overlaps what is kept. The sender goes on at `expected`.
    #[error("stream `{stream}` goes on at {expected}")]
    Gap {
        /// The stream.
        stream: String,
        /// The number that the next segment has to start with.
        expected: u64,
    },
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    TenantAbsent(TenantId),
    /// There is such a tenant already.
    #[error("tenant {0} exists already")]
    TenantExists(TenantId),
    /// The tenant's key was destroyed, and with it all it had. This is final.
    #[error("the key of tenant {0} is destroyed")]
    KeyDestroyed(TenantId),
    /// Keys are missing, unreadable, readable by others, or belong to another database.
    #[error("the keys cannot be used: {what}")]
    Keys {
        /// What is wrong with them.
        what: String,
    },
    /// What is kept is not what was written: a row was altered, moved, rolled back or lost. An operator has to look.
    #[error("what is kept was altered or damaged: {what}")]
    Corrupt {
        /// Which part.
        what: String,
    },
    /// There is no installation where one was said to be, and none was made.
    #[error("there is no installation in {place}")]
    NoInstallation {
        /// Where it was looked for.
        place: String,
    },
    /// What a tenant has does not add up, so that no answer about it could be believed. Others are not touched.
    #[error("what {tenant} has does not add up, so it is refused until a backup is restored: {what}")]
    Incomplete {
        /// The tenant.
        tenant: TenantId,
        /// What was found.
        what: String,
    },
    /// The database or the key folder does not answer, or the disk is full. The write may be repeated. A write whose commit got no answer
    /// may have been kept: a repeated one then meets [`StoreError::Stale`], [`StoreError::Conflict`] or a known segment.
    #[error("the store is not available: {what}")]
    Unavailable {
        /// What was tried.
        what: String,
        /// What went wrong.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A newer version of the program wrote this; this one does not guess what it means.
    #[error("{what} was written by a newer version: {found}, and this one knows {known}")]
    Newer {
        /// What was written.
        what: String,
        /// The version found.
        found: u64,
        /// The newest known version.
        known: u64,
    },
    /// More bytes or entries than a limit allows.
    #[error("{what} takes {size}, and {max} is the most")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// The request makes no sense: an id with a space, a cursor of another query, a database URL of neither kind.
    #[error("{what}")]
    Refused {
        /// What is wrong with it.
        what: String,
    },
}

impl StoreError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::Refused { what: what.into() }
    }

    /// Keys that cannot be used, and why.
    pub fn keys(what: impl Into<String>) -> Self {
        Self::Keys { what: what.into() }
    }

    /// No answer, from whom, and why.
    pub fn unavailable(what: impl Into<String>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable { what: what.into(), cause: Some(cause.into()) }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let damaged = match &error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => true,
            sqlx::Error::Database(answer) => answer.is_unique_violation() || says_damaged(answer.code().as_deref()),
            _ => false,
        };
        // Writers of one tenant take turns and look before they insert: a key that is there all the same was put there by someone else.
        if damaged {
            return Self::corrupt(format!("the database says: {error}"));
        }
        Self::unavailable("the database", error)
    }
}

/// SQLite's extended codes end in the byte of the primary code: 11 is a malformed file, 26 no database, 20 a value of a wrong type, 19
/// a broken constraint. PostgreSQL's class XX is damage that it noticed.
fn says_damaged(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 11 | 19 | 20 | 26),
        _ => code.starts_with("XX") || code.starts_with("23"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_and_absence_of_the_database_are_told_apart() {
        assert!(says_damaged(Some("11")) && says_damaged(Some("26")) && says_damaged(Some("XX001")));
        assert!(!says_damaged(Some("13")), "the disk is full");
        assert!(!says_damaged(Some("53100")) && !says_damaged(Some("57P01")) && !says_damaged(None));
    }
}
