// What part of which cluster is shown, when, and how, as it stands in the address.
import type { Health } from "./graph/model";
import type { Sort } from "./graph/match";

export type View = "graph" | "tree" | "table";
export type TopologySearch = {
  cluster?: string;
  namespace?: string;
  incident?: string;
  at?: string;
  view?: View;
  /** The chosen object, as `Deployment/shop/cart`. */
  object?: string;
  /** Words that are looked for. */
  find?: string;
  kind?: string;
  health?: Health;
  /** The column of the table; a minus in front turns it round. */
  sort?: Sort["by"] | `-${Sort["by"]}`;
};

const names = ["cluster", "namespace", "incident", "at", "object", "find", "kind"] as const;
const views: readonly View[] = ["graph", "tree", "table"];
const healths: readonly Health[] = ["broken", "degraded", "healthy", "unknown"];
const columns = ["kind", "namespace", "name", "health"] as const;
const sorts = columns.flatMap((column) => [column, `-${column}`] as const);

export function readTopologySearch(search: Record<string, unknown>): TopologySearch {
  const read: TopologySearch = {};
  for (const name of names) {
    const value = search[name];
    // A name of digits alone is read from the address as a number.
    if ((typeof value === "string" && value !== "") || typeof value === "number") read[name] = String(value);
  }
  const view = views.find((known) => known === search["view"]);
  const health = healths.find((known) => known === search["health"]);
  const sort = sorts.find((known) => known === search["sort"]);
  return { ...read, ...(view && { view }), ...(health && { health }), ...(sort && { sort }) };
}

/** The order of the table: what is worst first, unless something else is asked for. */
export function readSort(sort: TopologySearch["sort"]): Sort {
  const by = columns.find((column) => sort === column || sort === `-${column}`);
  return { by: by ?? "health", down: sort?.startsWith("-") ?? false };
}

export const writeSort = ({ by, down }: Sort): NonNullable<TopologySearch["sort"]> => (down ? `-${by}` : by);
