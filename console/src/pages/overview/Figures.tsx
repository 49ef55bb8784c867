// The numbers of the moment: what is open, how fast causes are found, what the last day brought.
import { ActionIcon, Group, HoverCard, Paper, Text, Title } from "@mantine/core";
import { IconHelpCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Schemas } from "../../api/client";
import { SeverityMark } from "../../parts/marks";
import { duration } from "../../time/format";
import { allStates, closedStates } from "../incidents/search";
import { severities, total } from "./counts";
import classes from "./Overview.module.css";

export function Figures({ overview: { open, understanding, today } }: { overview: Schemas["Overview"] }) {
  const { p50_s, p95_s, window_days, explained, inconclusive } = understanding;
  return (
    <>
      <Card title="Open now" figure={String(total(open))} of={total(open) === 1 ? "incident" : "incidents"}>
        <Group gap="sm">
          {severities.map((severity) => (
            <Link key={severity} to="/incidents" search={{ severity }} className={classes["count"]}>
              <b>{open[severity]}</b> <SeverityMark severity={severity} />
            </Link>
          ))}
        </Group>
      </Card>
      <Card
        title="Time to understand"
        help={`From the opening of an incident to the first checked report that shows its cause, over the last ${window_days} days. Half of them took no longer than the first figure, 95 in a hundred no longer than the second.`}
        figure={p50_s == null ? "–" : time(p50_s)}
        of={p50_s == null ? "nothing explained yet" : "for half of them"}
      >
        <Text size="sm" c="dimmed">
          {p95_s != null && `${time(p95_s)} for 95 %. `}
          {explained} explained, {inconclusive} inconclusive in {window_days} days
        </Text>
      </Card>
      <Card title="Last 24 hours" figure={String(today.opened)} of={today.opened === 1 ? "incident opened" : "incidents opened"}>
        <Group gap="sm">
          <Link to="/incidents" search={{ state: allStates.join(",") }} className={classes["count"]}>
            <b>{today.explained}</b> explained
          </Link>
          <Link to="/incidents" search={{ state: closedStates.join(",") }} className={classes["count"]}>
            <b>{today.resolved}</b> resolved
          </Link>
        </Group>
      </Card>
    </>
  );
}

/** Less than a second is told as that: the figure would be noise. */
const time = (seconds: number): string => (seconds < 1 ? "< 1 s" : duration(seconds));

function Card({ title, help, figure, of, children }: { title: string; help?: string; figure: string; of: string; children: ReactNode }) {
  return (
    <Paper component="section" p="md" radius="md" aria-label={title}>
      <Group gap={4} justify="space-between" wrap="nowrap" h={24}>
        <Title order={2} size="h6" c="dimmed">
          {title}
        </Title>
        {help && (
          <HoverCard width={300} shadow="md" withArrow position="bottom-end">
            <HoverCard.Target>
              <ActionIcon variant="subtle" color="gray" size="md" aria-label={`What “${title}” means: ${help}`}>
                <IconHelpCircle size={17} />
              </ActionIcon>
            </HoverCard.Target>
            <HoverCard.Dropdown>
              <Text size="sm">{help}</Text>
            </HoverCard.Dropdown>
          </HoverCard>
        )}
      </Group>
      <Text component="p" my={4} lh={1.2}>
        <span className={classes["figure"]}>{figure}</span>{" "}
        <Text span size="sm" c="dimmed">
          {of}
        </Text>
      </Text>
      {children}
    </Paper>
  );
}
