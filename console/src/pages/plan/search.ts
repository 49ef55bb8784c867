// What the page of a plan shows of it, as it stands in the address.
export type PlanPageSearch = { evidence?: string };

export function readPlanPage({ evidence }: Record<string, unknown>): PlanPageSearch {
  return typeof evidence === "string" && evidence !== "" ? { evidence } : {};
}
