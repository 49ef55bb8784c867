// How what was recorded ended.
import { Group, Text, Tooltip } from "@mantine/core";
import { IconBan, IconCircleCheck, IconCircleX, IconWritingSign, type Icon } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";

export type Outcome = Schemas["Outcome"];

export const outcomes: Record<Outcome, { word: string; means: string; colour: string; icon: Icon }> = {
  intended: { word: "Intended", means: "Recorded before it was done", colour: "var(--assent-notice)", icon: IconWritingSign },
  done: { word: "Done", means: "It was done", colour: "var(--assent-healthy)", icon: IconCircleCheck },
  refused: { word: "Refused", means: "A policy or a check said no", colour: "var(--assent-degraded)", icon: IconBan },
  failed: { word: "Failed", means: "It was tried, and did not work", colour: "var(--assent-broken)", icon: IconCircleX },
};

export function OutcomeMark({ outcome }: { outcome: Outcome }) {
  const { word, means, colour, icon: Icon } = outcomes[outcome];
  return (
    <Tooltip label={means}>
      <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
        <Icon size={17} stroke={2} color={colour} aria-hidden />
        <Text component="span" size="sm" fw={550} c={colour}>
          {word}
        </Text>
      </Group>
    </Tooltip>
  );
}
