// Whether facts of a cluster arrive, as icon and word.
import { Group, Text, Tooltip } from "@mantine/core";
import { IconBan, IconHourglass, IconPlugConnected, IconPlugConnectedX, type Icon } from "@tabler/icons-react";

import type { Schemas } from "../../../api/client";

export const connections: Record<Schemas["Connection"], { word: string; means: string; colour: string; icon: Icon }> = {
  waiting: { word: "Waiting", means: "Its observer was never heard", colour: "var(--assent-notice)", icon: IconHourglass },
  connected: { word: "Connected", means: "Heard within two minutes", colour: "var(--assent-healthy)", icon: IconPlugConnected },
  silent: { word: "Silent", means: "Heard before, but not within two minutes", colour: "var(--assent-degraded)", icon: IconPlugConnectedX },
  revoked: { word: "Revoked", means: "Its key is revoked: nothing it sends is taken", colour: "var(--assent-broken)", icon: IconBan },
};

export function ConnectionMark({ connection }: { connection: Schemas["Connection"] }) {
  const { word, means, colour, icon: Icon } = connections[connection];
  return (
    <Tooltip label={means}>
      <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
        <Icon size={17} color={colour} aria-hidden />
        <Text span size="sm">
          {word}
        </Text>
      </Group>
    </Tooltip>
  );
}
