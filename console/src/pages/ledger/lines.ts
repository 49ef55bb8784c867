// Records as files: JSON lines, and CSV that a spreadsheet opens without running any of it.
import type { LedgerRecord } from "./records";

const columns = ["index", "at", "actor", "action", "subject", "outcome", "tenant", "leaf", "details"] as const;

export function jsonLines(records: readonly LedgerRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/** CSV with a header row (RFC 4180). */
export function csv(records: readonly LedgerRecord[]): string {
  const rows = records.map((record) => columns.map((column) => cell(column === "details" ? JSON.stringify(record.details) : String(record[column]))));
  return [columns, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/** A spreadsheet takes text that begins like this for a formula; an apostrophe in front keeps it text. */
function cell(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
