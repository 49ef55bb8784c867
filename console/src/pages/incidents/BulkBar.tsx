// What can be done with the incidents that are selected, while any is.
import { ActionIcon, Button, Group, Paper, Text, Transition } from "@mantine/core";
import { IconBellOff, IconCircleOff, IconUserPlus, IconX } from "@tabler/icons-react";

import { useMe } from "../../api/session";
import type { IncidentActs } from "../incident/acts";
import type { Asked } from "../incident/Asks";
import classes from "./BulkBar.module.css";
import type { Summary } from "./Row";

type Props = { of: readonly Summary[]; listed: number; acts: IncidentActs; ask: (asked: Asked) => void; all: () => void; drop: () => void };

export function BulkBar({ of, listed, acts, ask, all, drop }: Props) {
  const me = useMe();
  const noisy = of.filter(({ state }) => state !== "muted" && state !== "resolved" && state !== "dismissed");
  return (
    <Transition mounted={of.length > 0} transition="slide-up">
      {(styles) => (
        <div className={`${classes["place"]} no-print`} style={styles}>
          <Paper shadow="md" p={6} ps="md" radius="md" role="toolbar" aria-label="Selected incidents" className={classes["bar"]}>
            <Group gap={6} wrap="nowrap">
              <Text size="sm" fw={600} style={{ whiteSpace: "nowrap" }} aria-live="polite">
                {of.length} selected
              </Text>
              {of.length < listed && (
                <Button variant="subtle" size="compact-sm" onClick={all} visibleFrom="sm">
                  Select all {listed}
                </Button>
              )}
            </Group>
            <Group gap={6} wrap="nowrap">
              <Button variant="default" size="sm" px="xs" leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => void acts.assign(of, me.account ?? null, "you").then(drop)}>
                Take
              </Button>
              <Button variant="default" size="sm" px="xs" leftSection={<IconBellOff size={16} aria-hidden />} disabled={noisy.length === 0} onClick={() => ask({ what: "mute", of: noisy })}>
                Mute
              </Button>
              <Button variant="default" size="sm" px="xs" leftSection={<IconCircleOff size={16} aria-hidden />} disabled={noisy.length === 0} onClick={() => ask({ what: "dismiss", of: noisy })}>
                Dismiss
              </Button>
              <ActionIcon variant="subtle" color="gray" size={36} onClick={drop} aria-label="Drop the selection">
                <IconX size={17} />
              </ActionIcon>
            </Group>
          </Paper>
        </div>
      )}
    </Transition>
  );
}
