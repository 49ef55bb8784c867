// The plans of one incident in the order that a person goes through them.
import type { Schemas } from "../../api/client";

type Plan = Schemas["PlanSummary"];

const open: readonly Plan["state"][] = ["running", "approved", "awaiting", "advice"];

/** What still needs somebody or is under way first, by rank; then what has ended, newest first. */
export function inOrder(plans: readonly Plan[]): Plan[] {
  return [...plans].sort((a, b) => {
    const [here, there] = [open.includes(a.state), open.includes(b.state)];
    if (here !== there) return here ? -1 : 1;
    return here ? a.rank - b.rank || (a.id < b.id ? -1 : 1) : Date.parse(b.updated_at) - Date.parse(a.updated_at);
  });
}

/** The next plan of the incident that waits for the caller, after this one; from the first again after the last. */
export function nextToVote(plans: readonly Plan[], after: string): string | undefined {
  const ordered = inOrder(plans);
  const at = ordered.findIndex(({ id }) => id === after);
  const round = [...ordered.slice(at + 1), ...ordered.slice(0, Math.max(at, 0))];
  return round.find(({ state, may_vote, my_word }) => state === "awaiting" && may_vote && my_word == null)?.id;
}
