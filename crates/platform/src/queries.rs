//! Queries and writes in few words, and lists read whole.

use assent_api::Problem;
use assent_store::{Cursor, Direction, Document, Expect, Kept, Order, PAGE_ENTRIES_MAX, Query, StoreError, Tenant, Write};

use crate::documents::BY_TIME;
use crate::problem_of::ProblemOf;

/// Documents of one list that is read whole, at most. More is an error and no shorter list.
const ALL_MAX: usize = 100_000;

/// Queries in few words.
pub(crate) trait QueryWords: Sized {
    /// By the index of instants, from the first on.
    fn oldest_first() -> Self;
    /// By the index of instants, from the last on.
    fn newest_first() -> Self;
    /// Only what has this value in this index.
    fn equal(self, name: &'static str, value: &str) -> Self;
    /// From here on.
    fn after(self, cursor: Option<Cursor>) -> Self;
    /// So many at most.
    fn limit(self, limit: u32) -> Self;
}

impl QueryWords for Query {
    fn oldest_first() -> Self {
        Self { order: Some(Order::all(BY_TIME, Direction::Ascending)), ..Self::default() }
    }

    fn newest_first() -> Self {
        Self { order: Some(Order::all(BY_TIME, Direction::Descending)), ..Self::default() }
    }

    fn equal(mut self, name: &'static str, value: &str) -> Self {
        self.equal.push((name, value.to_owned()));
        self
    }

    fn after(self, cursor: Option<Cursor>) -> Self {
        Self { after: cursor, ..self }
    }

    fn limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }
}

/// Lists read whole, for what a tenant has few of.
pub(crate) trait ReadAll {
    /// Everything that a query asks for.
    async fn all<D: Document>(&self, query: &Query) -> Result<Vec<Kept<D>>, StoreError>;
}

impl ReadAll for Tenant {
    async fn all<D: Document>(&self, query: &Query) -> Result<Vec<Kept<D>>, StoreError> {
        let mut query = query.clone().limit(PAGE_ENTRIES_MAX);
        let mut all = Vec::new();
        loop {
            let page = self.list::<D>(&query).await?;
            all.extend(page.items);
            if all.len() > ALL_MAX {
                return Err(StoreError::TooLarge { what: D::KIND, size: all.len() as u64, max: ALL_MAX as u64 });
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

/// Puts a document, as a step of a transaction.
pub(crate) fn put<D: Document>(id: &str, doc: &D, expect: Expect) -> Result<Write, Problem> {
    Write::put(id, doc, expect).map_err(Problem::from_store)
}

/// Deletes a document, as a step of a transaction.
pub(crate) fn delete<D: Document>(id: &str, expect: Expect) -> Result<Write, Problem> {
    Write::delete::<D>(id, expect).map_err(Problem::from_store)
}
