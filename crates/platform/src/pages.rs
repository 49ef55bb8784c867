//! Lists, page by page, with only what the caller may see.

use assent_api::page::{PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use assent_api::{Page, PageQuery, Problem};
use assent_store::{Cursor, Document, Kept, Query};

use crate::desk::Desk;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;

/// Entries that are looked at for one page at most. A page can be shorter than asked for, and still have a next one.
const LOOKED_AT_MAX: u32 = 5_000;

/// One page, to be filled.
pub(crate) struct Pages<'d> {
    desk: &'d Desk<'d>,
    after: Option<Cursor>,
    limit: usize,
    looked_at: u32,
}

impl<'d> Pages<'d> {
    /// Reads what was asked.
    pub(crate) fn of(desk: &'d Desk<'d>, asked: &PageQuery) -> Result<Self, Problem> {
        Self::at(desk, asked.cursor.as_deref(), asked.limit)
    }

    /// The same, for lists whose query has more fields.
    pub(crate) fn at(desk: &'d Desk<'d>, cursor: Option<&str>, limit: Option<u32>) -> Result<Self, Problem> {
        let after = cursor.map(str::parse).transpose().map_err(|_| bad_cursor())?;
        Ok(Self { desk, after, limit: self::limit(limit)?, looked_at: 0 })
    }

    /// Goes through documents until the page is full; `show` leaves out what the caller may not see or did not ask for.
    pub(crate) async fn collect<D: Document, T>(
        mut self,
        query: Query,
        mut show: impl FnMut(Kept<D>) -> Option<T>,
    ) -> Result<Page<T>, Problem> {
        let mut items = Vec::new();
        while let Some(found) = self.stretch::<D>(&query, items.len()).await? {
            items.extend(found.into_iter().filter_map(&mut show));
        }
        Ok(self.page(items))
    }

    /// The next documents that the page could be filled with, for what takes more than a document to show; none when it is full, or
    /// there are no more. `filled` says how many of those before it took.
    pub(crate) async fn stretch<D: Document>(&mut self, query: &Query, filled: usize) -> Result<Option<Vec<Kept<D>>>, Problem> {
        if (self.looked_at > 0 && self.after.is_none()) || filled >= self.limit || self.looked_at >= LOOKED_AT_MAX {
            return Ok(None);
        }
        // One by one to the cursor: a page ends exactly after the entry that filled it.
        let wanted = u32::try_from(self.limit - filled).unwrap_or(PAGE_ENTRIES_MAX);
        let asked = query.clone().after(self.after.take()).limit(wanted);
        let page = self.desk.tenant.list::<D>(&asked).await.map_err(Problem::from_store)?;
        self.looked_at += u32::try_from(page.items.len()).unwrap_or(u32::MAX).max(1);
        self.after = page.next;
        Ok(Some(page.items))
    }

    /// The page, with what it was filled with.
    pub(crate) fn page<T>(self, items: Vec<T>) -> Page<T> {
        Page { items, next: self.after.map(|cursor| cursor.to_string()) }
    }

    /// A page of a list that is there whole. The cursor is the place of the next entry.
    pub(crate) fn of_list<T>(entries: Vec<T>, asked: &PageQuery) -> Result<Page<T>, Problem> {
        let start = asked.cursor.as_deref().map_or(Ok(0), str::parse::<usize>).map_err(|_| bad_cursor())?;
        let limit = limit(asked.limit)?;
        let next = start.saturating_add(limit);
        let more = next < entries.len();
        let items = entries.into_iter().skip(start).take(limit).collect();
        Ok(Page { items, next: more.then(|| next.to_string()) })
    }
}

fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(PAGE_ENTRIES_DEFAULT);
    if (1..=PAGE_ENTRIES_MAX).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(Problem::invalid("/limit", format!("1 to {PAGE_ENTRIES_MAX}")))
    }
}

fn bad_cursor() -> Problem {
    Problem::invalid("/cursor", "take `next` of the page before, unchanged")
}
