// How much a mistake in an environment would cost, in words and as a small mark.
import { Badge, Tooltip } from "@mantine/core";

import type { Schemas } from "../api/client";

export type Criticality = Schemas["Criticality"];

export const criticalities: Record<Criticality, { word: string; colour: string; about: string; means: string }> = {
  lab: { word: "Lab", colour: "gray", about: "Nobody depends on it.", means: "Operators and approvers connect clusters and alerts here by themselves." },
  dev: { word: "Development", colour: "blue", about: "Developers depend on it.", means: "Owners and admins connect clusters." },
  staging: { word: "Staging", colour: "grape", about: "Rehearses production.", means: "Owners and admins connect clusters." },
  prod: {
    word: "Production",
    colour: "orange",
    about: "Customers depend on it.",
    means: "Operators share no reports by link, and machines do not mute, dismiss or reopen incidents.",
  },
};

export const criticalityOrder: readonly Criticality[] = ["lab", "dev", "staging", "prod"];

export function CriticalityBadge({ criticality }: { criticality: Criticality }) {
  const { word, colour, about } = criticalities[criticality];
  return (
    <Tooltip label={about}>
      <Badge variant="light" color={colour} tt="none" fw={600} autoContrast style={{ flexShrink: 0 }}>
        {word}
      </Badge>
    </Tooltip>
  );
}
