// What part of which cluster is shown, and how, as it stands in the address.
export type TopologySearch = { cluster?: string; namespace?: string; incident?: string; at?: string; view?: "graph" | "tree" | "table" };

const names = ["cluster", "namespace", "incident", "at"] as const;

export function readTopologySearch(search: Record<string, unknown>): TopologySearch {
  const read: TopologySearch = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  const { view } = search;
  if (view === "graph" || view === "tree" || view === "table") read.view = view;
  return read;
}
