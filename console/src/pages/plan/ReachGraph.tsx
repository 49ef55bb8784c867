// The circles of a plan on the graph of its cluster as it is now.
import { Box, Skeleton, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";

import { topologyQuery } from "../../api/queries";
import { Problem } from "../../parts/states";
import { reachGraph } from "../../plan/reach";
import type { Plan } from "../../plan/plan";
import { GraphView } from "../topology/graph/GraphView";
import { graphOf } from "../topology/graph/model";

export function ReachGraph({ plan, cluster, height }: { plan: Plan; cluster: string; height: number }) {
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery({ ...topologyQuery(cluster, {}), placeholderData: keepPreviousData });
  const [nodes, edges] = [data?.nodes, data?.edges];
  const { blast_radius: radius } = plan;
  const graph = useMemo(() => nodes && edges && graphOf(reachGraph({ nodes, edges }, radius)), [nodes, edges, radius]);
  const places = useMemo(() => graph?.nodes.map((_, place) => place) ?? [], [graph]);
  if (error && !graph) return <Problem error={error} retry={() => void refetch()} />;
  if (!graph) return <Skeleton height={height} />;
  if (graph.nodes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The plan names no object.
      </Text>
    );
  }
  return (
    <Box h={height}>
      <GraphView
        graph={graph}
        places={places}
        scope={cluster}
        embedded
        choose={(object) => object !== undefined && void navigate({ to: "/topology", search: { cluster, object } })}
      />
    </Box>
  );
}
