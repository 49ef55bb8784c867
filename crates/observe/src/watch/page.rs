//! A page of a list and a line of a watch, taken apart one object at a time so that no more than one is held as a tree.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A page.
#[derive(Deserialize)]
pub(crate) struct Page<'a> {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    pub(crate) metadata: ListMetadata,
    /// `null` where a server written in Go has none.
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ListMetadata {
    pub(crate) resource_version: String,
    pub(crate) r#continue: String,
}

impl<'a> Page<'a> {
    /// Reads a page; anything else is refused with the reason.
    pub(crate) fn read(text: &'a str) -> Result<Self, String> {
        let page: Page<'a> = serde_json::from_str(text).map_err(|error| format!("the answer cannot be read: {error}"))?;
        if page.kind.ends_with("List") { Ok(page) } else { Err("the answer is no list".to_owned()) }
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.items.iter().flatten().map(|item| item.get())
    }
}

/// A line of a watch.
#[derive(Deserialize)]
pub(super) struct Line<'a> {
    pub(super) r#type: Change,
    #[serde(borrow)]
    pub(super) object: &'a RawValue,
}

/// What a line says of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Change {
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}

/// The object of an error.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) message: String,
}
