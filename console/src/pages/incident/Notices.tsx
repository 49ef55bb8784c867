// Why an incident is quiet, where it is.
import { Alert, Stack } from "@mantine/core";
import { IconBellOff, IconCircleCheck, IconCircleOff } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { Ago, Instant } from "../../time/zone";
import type { People } from "./people";

export function Notices({ incident: { summary, mute, dismissal }, people }: { incident: Schemas["Incident"]; people: People }) {
  const muted = summary.state === "muted" && mute;
  const dismissed = summary.state === "dismissed" && dismissal;
  const resolved = summary.state === "resolved" && summary.closed_at;
  if (!muted && !dismissed && !resolved) return null;
  return (
    <Stack gap="xs" mb="md">
      {muted && (
        <Alert variant="light" color="gray" p="xs" icon={<IconBellOff size={18} />}>
          <span className="foreign">
            Muted until <Instant at={mute.until} /> by {people.nameOfActor(mute.by)}
            {mute.reason ? `: ${mute.reason}` : "."}
          </span>
        </Alert>
      )}
      {dismissed && (
        <Alert variant="light" color="gray" p="xs" icon={<IconCircleOff size={18} />}>
          <span className="foreign">
            Dismissed <Ago at={dismissal.at} /> by {people.nameOfActor(dismissal.by)}: {dismissal.reason}
          </span>
        </Alert>
      )}
      {resolved && (
        <Alert variant="light" color="green" p="xs" icon={<IconCircleCheck size={18} />}>
          What was wrong is gone since <Instant at={resolved} />. The report shows it as it was.
        </Alert>
      )}
    </Stack>
  );
}
