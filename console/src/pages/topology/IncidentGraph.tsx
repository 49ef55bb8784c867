// The part of a cluster that an incident touches, small, for the incident's own page.
import { Box, Group, Skeleton, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { LinkText } from "../../parts/links";
import { Problem } from "../../parts/states";
import { useTopology } from "./useTopology";

const GraphView = lazy(() => import("./graph/GraphView").then((module) => ({ default: module.GraphView })));

const HEIGHT_PX = 360;

export function IncidentGraph({ cluster, incident }: { cluster: string; incident: string }) {
  const navigate = useNavigate();
  const { graph, places, error, refetch } = useTopology(cluster, { incident });
  if (error && !graph) return <Problem error={error} retry={() => void refetch()} />;
  if (!graph) return <Skeleton height={HEIGHT_PX} />;
  if (graph.nodes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None of its objects is known any more.
      </Text>
    );
  }
  return (
    <Box>
      <Box h={HEIGHT_PX}>
        <Suspense fallback={<Skeleton h="100%" />}>
          <GraphView graph={graph} places={places} scope={incident} embedded choose={(object) => object !== undefined && void navigate({ to: "/topology", search: { cluster, incident, object } })} />
        </Suspense>
      </Box>
      <Group justify="flex-end" mt={4}>
        <LinkText to="/topology" search={{ cluster, incident }} size="sm">
          Open in the topology
        </LinkText>
      </Group>
    </Box>
  );
}
