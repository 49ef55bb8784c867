// Which plans are listed, as it stands in the address: an address can be kept and sent.
import type { PlanQuery } from "../../api/plans";
import type { PlanState } from "../../parts/plans";

/** The lists that are wanted often; without one, what still needs somebody or is under way. */
export const views = ["mine", "votes", "running", "hand", "done", "all"] as const;
export type View = (typeof views)[number];
export type PlanSearch = { view?: View; environment?: string; cluster?: string; assignee?: string; incident?: string };

const openStates: readonly PlanState[] = ["advice", "awaiting", "approved", "running"];
const statesOf: Record<View, readonly PlanState[]> = {
  mine: [],
  votes: ["awaiting"],
  running: ["approved", "running"],
  hand: ["advice"],
  done: ["verified", "partial", "reverted", "failed", "refused", "rejected", "expired", "superseded"],
  all: [],
};
const narrowed = ["environment", "cluster", "assignee", "incident"] as const;

/** What an address says. What it may not say is left out. */
export function readPlanSearch(search: Record<string, unknown>): PlanSearch {
  const read: PlanSearch = {};
  const view = views.find((one) => one === search["view"]);
  if (view) read.view = view;
  for (const name of narrowed) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  return read;
}

/** What the server is asked. */
export function asked({ view, ...others }: PlanSearch): PlanQuery {
  if (view === "mine") return { ...others, mine: true };
  const states = view ? statesOf[view] : openStates;
  return states.length > 0 ? { ...others, state: states.join(",") } : others;
}

/** One text for all searches that mean the same. */
export function canonical(search: PlanSearch): string {
  return JSON.stringify(Object.entries(readPlanSearch(search)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How many filters narrow the list, not counting the view. */
export function narrowings(search: PlanSearch): number {
  return narrowed.filter((name) => search[name] !== undefined).length;
}
