// What is unfolded. It is decided once for what is shown, and from then on by the reader: no update opens or closes anything.
import { useCallback, useMemo, useState } from "react";

import type { Graph } from "./model";
import { openAtFirst, type Unit } from "./units";

/** More than these are not drawn at first. */
export const DRAWN_MAX = 300;

export function useOpen(graph: Graph, units: readonly Unit[], scope: string) {
  const [kept, keep] = useState<{ scope: string; open: ReadonlySet<string>; first: ReadonlySet<string> }>();
  const current = useMemo(() => {
    if (kept?.scope === scope) return kept;
    const first = openAtFirst(graph, units, DRAWN_MAX);
    return { scope, open: first, first };
  }, [kept, scope, graph, units]);
  // Kept while rendering, so that the next update of the same scope finds it.
  if (kept?.scope !== scope && graph.nodes.length > 0) keep(current);

  const turn = useCallback(
    (id: string) => {
      const open = new Set(current.open);
      if (!open.delete(id)) open.add(id);
      keep({ ...current, open });
    },
    [current],
  );
  const reset = useCallback(() => keep({ ...current, open: current.first }), [current]);
  const changed = current.open !== current.first && (current.open.size !== current.first.size || [...current.open].some((id) => !current.first.has(id)));
  return { open: current.open, turn, reset, changed };
}
