//! The records of a tenant as lines: JSON, or a table for a spreadsheet.
//!
//! The table is as RFC 4180 has it. A cell that a spreadsheet would take for a formula gets a quotation mark before it, since actors and
//! subjects can hold words that strangers chose.

use std::collections::VecDeque;

use assent_api::Problem;
use assent_api::ledger::{ExportFormat, Record};
use assent_store::Tenant;
use bytes::Bytes;

use crate::ledger_api::Opened;
use crate::plane::ControlPlane;
use crate::records;

/// Records that are read at once.
const READ_AT_ONCE: u64 = 512;
/// The first line of a table.
const HEAD: [&str; 9] = ["index", "at", "actor", "action", "subject", "outcome", "details", "leaf", "tenant"];
/// What a cell that a spreadsheet would take for a formula begins with.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A walk through the log, oldest first, that passes over what is not the tenant's.
pub(super) struct Rows {
    plane: ControlPlane,
    tenant: Tenant,
    format: ExportFormat,
    next: u64,
    size: u64,
    ready: VecDeque<Bytes>,
}

impl Rows {
    /// The records up to a size of the log.
    pub(super) fn new(plane: ControlPlane, tenant: Tenant, format: ExportFormat, size: u64) -> Self {
        let head = match format {
            ExportFormat::Csv => Some(Bytes::from(row(&HEAD))),
            ExportFormat::Jsonl => None,
        };
        Self { plane, tenant, format, next: 0, size, ready: head.into_iter().collect() }
    }

    /// The next lines; nothing after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Ok(Some(bytes));
            }
            if self.next >= self.size {
                return Ok(None);
            }
            let end = self.next.saturating_add(READ_AT_ONCE).min(self.size);
            let read = self.plane.inner.journal.range(self.next..end).await.map_err(records::unread)?;
            if read.len() as u64 != end - self.next {
                return Err(super::broken());
            }
            self.next = end;
            let mut lines = String::new();
            for stored in read.into_iter().filter(|stored| stored.record.tenant == self.tenant.id()) {
                lines.push_str(&line(&Opened::read(&self.tenant, stored)?.shown(&self.tenant), self.format));
            }
            if !lines.is_empty() {
                self.ready.push_back(lines.into());
            }
        }
    }
}

fn line(record: &Record, format: ExportFormat) -> String {
    match format {
        // A record is text and numbers, so it serializes.
        ExportFormat::Jsonl => serde_json::to_string(record).map(|json| json + "\n").unwrap_or_default(),
        ExportFormat::Csv => {
            let outcome = serde_json::to_value(record.outcome).ok();
            let outcome = outcome.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            let details = if record.details.is_null() { String::new() } else { record.details.to_string() };
            let (index, at, leaf, tenant) =
                (record.index.to_string(), record.at.to_string(), record.leaf.to_string(), record.tenant.to_string());
            row(&[&index, &at, &record.actor, &record.action, &record.subject, outcome, &details, &leaf, &tenant])
        }
    }
}

fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| self::cell(cell)).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let text = if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be() {
        for (text, told) in
            [("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"so\"", "\"say \"\"so\"\"\""), ("two\r\nlines", "\"two\r\nlines\"")]
        {
            assert_eq!(cell(text), told, "{text}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://evil.example\",\"x\")"] {
            let told = cell(text);
            assert!(told.starts_with('\'') || told.starts_with("\"'"), "{told}");
        }
        assert_eq!(cell("account:acc_1 = x"), "account:acc_1 = x", "what stands within is harmless");
    }
}
