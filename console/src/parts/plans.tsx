// Where a plan stands and how risky it is, as small marks that mean the same on every page.
import { Badge, Text, Tooltip } from "@mantine/core";
import { IconAlertOctagon, IconAlertTriangle, IconCircleCheck, IconInfoCircle, type Icon } from "@tabler/icons-react";

import type { Schemas } from "../api/client";

export type PlanState = Schemas["PlanState"];
export type Risk = Schemas["Risk"];

const states: Record<PlanState, { word: string; colour: string; means: string }> = {
  advice: { word: "By hand", colour: "blue", means: "Nobody is asked: to be followed by hand" },
  awaiting: { word: "Needs votes", colour: "yellow", means: "People are asked" },
  approved: { word: "Approved", colour: "assent", means: "Enough people have said yes, and the executor has not begun" },
  running: { word: "Running", colour: "indigo", means: "The executor is at it" },
  verified: { word: "Verified", colour: "green", means: "It was applied, and did what it should" },
  partial: { word: "Partly done", colour: "orange", means: "It was applied, and did some of what it should" },
  reverted: { word: "Taken back", colour: "grape", means: "It was applied, and taken back" },
  failed: { word: "Failed", colour: "red", means: "It was applied, or may have been, and neither held nor was taken back" },
  refused: { word: "Refused", colour: "orange", means: "The executor or the API server refused it, and nothing was changed" },
  rejected: { word: "Rejected", colour: "gray", means: "Somebody said no" },
  expired: { word: "Expired", colour: "gray", means: "Its time was over before it ran" },
  superseded: { word: "Superseded", colour: "gray", means: "The cluster has moved on, or a better plan took its place" },
};

export const planStates = Object.keys(states) as readonly PlanState[];
export const planStateWord = (state: PlanState): string => states[state].word;

/** `quick` is for long lists: the browser's own title tells what it means. */
export function PlanStateBadge({ state, quick = false }: { state: PlanState; quick?: boolean }) {
  const { word, colour, means } = states[state];
  const badge = (
    <Badge variant="light" color={colour} tt="none" fw={600} style={{ flexShrink: 0 }} title={quick ? means : undefined}>
      {word}
    </Badge>
  );
  return quick ? badge : <Tooltip label={means}>{badge}</Tooltip>;
}

const risks: Record<Risk, { word: string; colour: string; icon: Icon; means: string }> = {
  low: { word: "Low risk", colour: "var(--assent-healthy)", icon: IconCircleCheck, means: "Nothing that runs well is touched" },
  medium: { word: "Medium risk", colour: "var(--assent-notice)", icon: IconInfoCircle, means: "Pods are replaced, or traffic moves" },
  high: { word: "High risk", colour: "var(--assent-degraded)", icon: IconAlertTriangle, means: "What still works may stop, or much depends on it" },
  exceptional: { word: "Exceptional", colour: "var(--assent-broken)", icon: IconAlertOctagon, means: "Outside of what the catalogue knows, so more people have to agree" },
};

export const riskMeans = (risk: Risk): string => risks[risk].means;

export function RiskMark({ risk, bare = false }: { risk: Risk; bare?: boolean }) {
  const { word, colour, icon: Icon, means } = risks[risk];
  const title = `${word}: ${means.charAt(0).toLowerCase()}${means.slice(1)}`;
  if (bare) {
    return (
      <span title={title} style={{ display: "inline-flex" }}>
        <Icon size={18} stroke={2} color={colour} role="img" aria-label={word} />
      </span>
    );
  }
  return (
    <span title={title} style={{ display: "inline-flex", gap: 5, alignItems: "center", flexShrink: 0 }}>
      <Icon size={17} stroke={2} color={colour} aria-hidden />
      <Text component="span" size="sm" fw={550} c={colour}>
        {word}
      </Text>
    </span>
  );
}

/** `1 of 2`. Of advice nobody is asked. */
export function votesText({ quorum, approvals }: { quorum?: number | null; approvals: number }): string | undefined {
  return quorum == null ? undefined : `${approvals} of ${quorum}`;
}
