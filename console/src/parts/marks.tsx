// Small marks that mean the same on every page. Colour never stands alone: each has a word or a shape beside it.
import { Badge, Group, Text, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, IconInfoCircle, type Icon } from "@tabler/icons-react";

import type { Schemas } from "../api/client";

export type Severity = Schemas["Severity"];
export type Health = Schemas["Health"];
export type State = Schemas["State"];

const severities: Record<Severity, { word: string; colour: string; icon: Icon }> = {
  broken: { word: "Broken", colour: "var(--assent-broken)", icon: IconCircleX },
  degraded: { word: "Degraded", colour: "var(--assent-degraded)", icon: IconAlertTriangle },
  notice: { word: "Notice", colour: "var(--assent-notice)", icon: IconInfoCircle },
};

const healths: Record<Health, { word: string; colour: string; icon: Icon }> = {
  healthy: { word: "Healthy", colour: "var(--assent-healthy)", icon: IconCircleCheck },
  degraded: { word: "Degraded", colour: "var(--assent-degraded)", icon: IconAlertTriangle },
  broken: { word: "Broken", colour: "var(--assent-broken)", icon: IconCircleX },
  unknown: { word: "Unknown", colour: "var(--assent-unknown)", icon: IconCircleDashed },
};

const states: Record<State, { word: string; colour: string; means: string }> = {
  open: { word: "Open", colour: "red", means: "Found, and not yet looked into" },
  investigating: { word: "Investigating", colour: "orange", means: "Evidence is being gathered" },
  explained: { word: "Explained", colour: "assent", means: "A cause is shown, and its evidence was checked" },
  inconclusive: { word: "Inconclusive", colour: "yellow", means: "Something is wrong, and the evidence does not show why" },
  acted_on: { word: "Acted on", colour: "indigo", means: "A plan of it was carried out" },
  resolved: { word: "Resolved", colour: "green", means: "What was wrong is gone" },
  muted: { word: "Muted", colour: "gray", means: "Known, and quiet until its time" },
  dismissed: { word: "Dismissed", colour: "gray", means: "Somebody said why it does not matter" },
};

export const severityColour = (severity: Severity): string => severities[severity].colour;
export const healthColour = (health: Health): string => healths[health].colour;
export const healthWord = (health: Health): string => healths[health].word;
export const stateWord = (state: State): string => states[state].word;

/** `quick` marks are for long lists: the browser's own title tells what they mean, since a tooltip for each row makes scrolling slow. */
type Quick = { quick?: boolean };

function Mark({ of: { word, colour, icon: Icon }, bare, quick }: { of: { word: string; colour: string; icon: Icon }; bare: boolean; quick: boolean }) {
  const icon = <Icon size={18} stroke={2} color={colour} aria-hidden={!bare} aria-label={bare ? word : undefined} role={bare ? "img" : undefined} style={{ flexShrink: 0 }} />;
  if (bare && quick) return <span title={word}>{icon}</span>;
  if (bare) return <Tooltip label={word}>{icon}</Tooltip>;
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      {icon}
      <Text component="span" size="sm" fw={550} c={colour}>
        {word}
      </Text>
    </Group>
  );
}

/** How bad: icon and word, or the icon alone where a column is narrow. */
export function SeverityMark({ severity, bare = false, quick = false }: { severity: Severity; bare?: boolean } & Quick) {
  return <Mark of={severities[severity]} bare={bare} quick={quick} />;
}

/** How something is. */
export function HealthMark({ health, bare = false }: { health: Health; bare?: boolean }) {
  return <Mark of={healths[health]} bare={bare} quick={false} />;
}

/** Where an incident stands. */
export function StateBadge({ state, quick = false }: { state: State } & Quick) {
  const { word, colour, means } = states[state];
  const badge = (
    <Badge variant="light" color={colour} tt="none" fw={600} style={{ flexShrink: 0 }} title={quick ? means : undefined}>
      {word}
    </Badge>
  );
  return quick ? badge : <Tooltip label={means}>{badge}</Tooltip>;
}
