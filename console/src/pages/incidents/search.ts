// The filters of the list, as they stand in the address: an address can be kept and sent.
import type { IncidentQuery } from "../../api/queries";
import type { Schemas } from "../../api/client";

type State = Schemas["State"];

export type IncidentSearch = Omit<IncidentQuery, "since">;

export const openStates: readonly State[] = ["open", "investigating", "explained", "inconclusive", "acted_on"];
export const closedStates: readonly State[] = ["resolved", "dismissed"];
export const allStates: readonly State[] = [...openStates, "muted", ...closedStates];

const names = ["environment", "cluster", "namespace", "cause", "assignee", "text", "fingerprint"] as const;

/** What an address says. What it may not say is left out. */
export function readIncidentSearch(search: Record<string, unknown>): IncidentSearch {
  const read: Record<string, string> = {};
  for (const name of names) {
    const value = search[name];
    // The router reads `?text=404` as a number.
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text === "string" && text !== "") read[name] = text;
  }
  const states = readStates(search["state"]);
  const { severity } = search;
  return {
    ...read,
    ...(states.length > 0 ? { state: states.join(",") } : {}),
    ...(severity === "broken" || severity === "degraded" || severity === "notice" ? { severity } : {}),
  };
}

/** The states of a list joined by commas, each once, in the order of their lives. */
export function readStates(list: unknown): State[] {
  const words = typeof list === "string" ? list.split(",") : [];
  return allStates.filter((state) => words.includes(state));
}

/** What the server is asked. An address without states means what still needs somebody: all but muted and closed. */
export function asked(search: IncidentSearch): IncidentQuery {
  return { ...search, state: search.state ?? openStates.join(",") };
}

/** One text for all searches that mean the same. */
export function canonical(search: IncidentSearch): string {
  return JSON.stringify(Object.entries(readIncidentSearch(search)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How many filters narrow the list, not counting the states. */
export function narrowings(search: IncidentSearch): number {
  return Object.keys(readIncidentSearch(search)).filter((name) => name !== "state").length;
}
