// The list of plans that was looked at last, so that the way back from a plan leads there.
import { readPlanSearch, type PlanSearch } from "./search";

let last: PlanSearch = {};

export function rememberPlans(search: PlanSearch): void {
  last = readPlanSearch(search);
}

export function lastPlans(): PlanSearch {
  return last;
}
