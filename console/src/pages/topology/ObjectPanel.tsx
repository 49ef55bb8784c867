// What is known of the chosen object: how it is, what it depends on, who depends on it, and its incidents.
import { ActionIcon, Box, Group, Paper, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";

import { incidentQuery } from "../../api/queries";
import { EntityName } from "../../parts/entity";
import { LinkButton, LinkText } from "../../parts/links";
import { HealthMark, SeverityMark } from "../../parts/marks";
import { blastRadius, concernedWords } from "./graph/blast";
import type { Graph, Tie } from "./graph/model";
import classes from "./Topology.module.css";

type Props = { cluster: string; graph: Graph; place: number; choose: (id: string | undefined) => void; bare?: boolean };

const INCIDENTS_SHOWN = 5;
const TIES_SHOWN = 40;

export function ObjectPanel({ cluster, graph, place, choose, bare = false }: Props) {
  const node = graph.nodes[place];
  const concerned = useMemo(() => blastRadius(graph, [place]), [graph, place]);
  if (!node) return null;
  const incidents = node.incidents ?? [];
  const content = (
    <Stack gap="md">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Box style={{ minWidth: 0 }}>
          <Text size="xs" c="dimmed" className="foreign">
            {node.kind}
            {node.namespace ? ` in ${node.namespace}` : ""}
          </Text>
          <Title order={2} size="h4" className="foreign">
            {node.name}
          </Title>
        </Box>
        {!bare && (
          <ActionIcon variant="subtle" color="gray" onClick={() => choose(undefined)} aria-label="Close">
            <IconX size={18} />
          </ActionIcon>
        )}
      </Group>
      <Box>
        <HealthMark health={node.health} />
        {node.note && (
          <Text size="sm" c="dimmed" className="foreign-block">
            {node.note}
          </Text>
        )}
      </Box>
      {incidents.length > 0 && <Incidents ids={incidents} />}
      <Text size="sm">
        If it fails, <b>{concernedWords(graph, concerned)}</b>.
      </Text>
      <Ties title="Depends on" none="Nothing that is known" ties={graph.dependencies[place] ?? []} graph={graph} choose={choose} />
      <Ties title="Needed by" none="Nothing that is known" ties={graph.dependants[place] ?? []} graph={graph} choose={choose} />
      {node.namespace && (
        <LinkButton to="/incidents" search={{ cluster, namespace: node.namespace }} variant="default" size="xs">
          Incidents of {node.namespace}
        </LinkButton>
      )}
    </Stack>
  );
  return bare ? (
    content
  ) : (
    <Paper component="aside" aria-label="The chosen object" className={classes["panel"]}>
      {content}
    </Paper>
  );
}

function Incidents({ ids }: { ids: readonly string[] }) {
  const read = useQueries({ queries: ids.slice(0, INCIDENTS_SHOWN).map((id) => incidentQuery(id)) });
  return (
    <Box component="section" aria-label="Incidents">
      <Title order={3} size="h6" mb={4}>
        Incidents
      </Title>
      <Stack gap={6}>
        {ids.slice(0, INCIDENTS_SHOWN).map((id, at) => {
          const incident = read[at]?.data;
          return (
            <Group key={id} gap={6} wrap="nowrap" align="flex-start">
              {incident && <SeverityMark severity={incident.summary.severity} bare />}
              <LinkText to="/incidents/$incident" params={{ incident: id }} size="sm" className="foreign">
                {incident?.summary.title ?? id}
              </LinkText>
            </Group>
          );
        })}
        {ids.length > INCIDENTS_SHOWN && (
          <Text size="xs" c="dimmed">
            and {ids.length - INCIDENTS_SHOWN} more
          </Text>
        )}
      </Stack>
    </Box>
  );
}

function Ties({ title, none, ties, graph, choose }: { title: string; none: string; ties: readonly Tie[]; graph: Graph; choose: (id: string) => void }) {
  return (
    <Box component="section" aria-label={title}>
      <Title order={3} size="h6" mb={4}>
        {title} {ties.length > 0 && `(${ties.length})`}
      </Title>
      {ties.length === 0 && (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      )}
      <Stack gap={2}>
        {ties.slice(0, TIES_SHOWN).map(({ other, kind }) => {
          const node = graph.nodes[other];
          const id = graph.ids[other];
          if (!node || id === undefined) return null;
          return (
            <UnstyledButton key={`${other} ${kind}`} onClick={() => choose(id)} py={3}>
              <Group gap={6} wrap="nowrap" align="center">
                <HealthMark health={node.health} bare />
                <span style={{ minWidth: 0 }}>
                  <EntityName entity={node} />
                  <Text component="span" size="xs" c="dimmed" className="foreign">
                    {" "}
                    {kind}
                  </Text>
                </span>
              </Group>
            </UnstyledButton>
          );
        })}
        {ties.length > TIES_SHOWN && (
          <Text size="xs" c="dimmed">
            and {ties.length - TIES_SHOWN} more
          </Text>
        )}
      </Stack>
    </Box>
  );
}
