// The filters of the list, as they stand in the address: an address can be kept and sent.
import type { IncidentQuery } from "../../api/queries";

export type IncidentSearch = Omit<IncidentQuery, "since">;

const names = ["state", "environment", "cluster", "namespace", "cause", "assignee", "text", "fingerprint"] as const;

/** What an address says. What it may not say is left out. */
export function readIncidentSearch(search: Record<string, unknown>): IncidentSearch {
  const read: Record<string, string> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  const { severity } = search;
  return { ...read, ...(severity === "broken" || severity === "degraded" || severity === "notice" ? { severity } : {}) };
}
