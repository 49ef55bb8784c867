// What is shown of a cluster. One answer holds the whole cluster, so that going from namespace to namespace asks nothing; only a cluster
// too large for one answer is asked for the namespace alone.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { topologyQuery } from "../../api/queries";
import { isNarrow, matches } from "./graph/match";
import { graphOf, namespacesOf, within } from "./graph/model";
import type { TopologySearch } from "./search";

export function useTopology(cluster: string, search: Pick<TopologySearch, "namespace" | "incident" | "at" | "find" | "kind" | "health">) {
  const { namespace, incident, at, find, kind, health } = search;
  const query = { ...(incident && { incident }), ...(at && { at }) };
  const whole = useQuery({ ...topologyQuery(cluster, query), placeholderData: keepPreviousData });
  const tooLarge = (whole.data?.left_out ?? 0) > 0;
  const part = useQuery({ ...topologyQuery(cluster, { ...query, ...(namespace && { namespace }) }), placeholderData: keepPreviousData, enabled: tooLarge && namespace !== undefined });
  const shown = tooLarge && namespace !== undefined ? part : whole;

  const [nodes, edges] = [shown.data?.nodes, shown.data?.edges];
  const graph = useMemo(() => nodes && edges && graphOf({ nodes, edges }), [nodes, edges]);
  const places = useMemo(() => (graph ? within(graph, namespace) : []), [graph, namespace]);
  const wanted = useMemo(() => {
    const asked = { text: find, kind, health };
    return graph && isNarrow(asked) ? new Set(places.filter((place) => graph.nodes[place] !== undefined && matches(graph.nodes[place], asked))) : undefined;
  }, [graph, places, find, kind, health]);
  const wholeNodes = whole.data?.nodes;
  const namespaces = useMemo(() => namespacesOf({ nodes: wholeNodes ?? [] }), [wholeNodes]);
  const kinds = useMemo(() => [...new Set(places.map((place) => graph?.nodes[place]?.kind ?? ""))].sort(), [graph, places]);
  return { ...shown, graph, places, wanted, namespaces, kinds };
}
