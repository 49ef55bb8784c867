// Earlier incidents of the same kind at the same place: whether it comes back, and how it went then.
import { Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client";
import { incidentsQuery } from "../../api/queries";
import { LinkText } from "../../parts/links";
import { StateBadge } from "../../parts/marks";
import { Section } from "../../report/Section";
import { duration } from "../../time/format";
import { Instant } from "../../time/zone";
import { allStates } from "../incidents/search";

const SHOWN = 5;

export function Similar({ summary }: { summary: Schemas["IncidentSummary"] }) {
  const search = { fingerprint: summary.fingerprint, state: allStates.join(",") };
  const { data } = useInfiniteQuery({ ...incidentsQuery(search), enabled: summary.recurrences > 0 });
  const others = (data?.pages.flatMap(({ items }) => items) ?? []).filter(({ id }) => id !== summary.id);
  if (summary.recurrences === 0 && others.length === 0) return null;
  return (
    <Section title="Seen before" about={`${summary.recurrences === 1 ? "Once" : `${summary.recurrences} times`}, with the same cause at the same object.`}>
      <Stack gap={8}>
        {others.slice(0, SHOWN).map((one) => (
          <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
            <LinkText size="sm" to="/incidents/$incident" params={{ incident: one.id }}>
              <Instant at={one.opened_at} />
            </LinkText>
            <Group gap="xs" wrap="nowrap">
              {one.closed_at && (
                <Text size="xs" c="dimmed">
                  {duration((Date.parse(one.closed_at) - Date.parse(one.opened_at)) / 1000)}
                </Text>
              )}
              <StateBadge state={one.state} />
            </Group>
          </Group>
        ))}
        {others.length > SHOWN && (
          <LinkText size="sm" to="/incidents" search={search}>
            All {others.length + 1}
          </LinkText>
        )}
      </Stack>
    </Section>
  );
}
