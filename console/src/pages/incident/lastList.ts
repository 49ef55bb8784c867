// The list that was looked at last, so that an incident's page leads back to it, and to its neighbours.
import type { IncidentSearch } from "../incidents/search";

let last: IncidentSearch = {};

export function rememberList(search: IncidentSearch): void {
  last = search;
}

export function lastList(): IncidentSearch {
  return last;
}

/** The ones before and after in a list. One that is in no list has none. */
export function neighbours(ids: readonly string[], id: string): { before?: string; after?: string } {
  const at = ids.indexOf(id);
  if (at < 0) return {};
  const [before, after] = [ids[at - 1], ids[at + 1]];
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}
