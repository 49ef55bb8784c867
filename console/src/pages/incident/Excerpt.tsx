// The exact words of a piece of evidence, in the text that they stand in.
import { Group, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { isProblem } from "../../api/client";
import { evidenceQuery } from "../../api/queries";
import { Problem } from "../../parts/states";
import type { Evidence } from "../../report/evidence";
import { Checked, Quote } from "../../report/EvidenceDrawer";
import { isOneLineJson, layOut } from "../../report/layout";

export function Excerpt({ incident, evidence }: { incident: string; evidence: Evidence }) {
  const { data, error, refetch } = useQuery(evidenceQuery(incident, evidence.id));
  const notKept = isProblem(error, "not_found");
  const [asItStands, setAsItStands] = useState(false);
  const json = data && isOneLineJson(data);
  const shown = data && (json && !asItStands ? layOut(data) : data);
  return (
    <Stack gap="xs">
      {data && shown ? (
        <Quote quote={shown.quote} before={`${data.cut_before ? "…\n" : ""}${shown.before}`} after={`${shown.after}${data.cut_after ? "\n…" : ""}`} />
      ) : (
        <Quote quote={evidence.quote} />
      )}
      {data && (
        <Group justify="space-between" gap="xs">
          <Checked checked={data.checked} />
          {json && <Switch size="xs" label="Exactly as it stands" checked={asItStands} onChange={(event) => setAsItStands(event.currentTarget.checked)} />}
        </Group>
      )}
      {notKept && (
        <Text size="sm" c="dimmed">
          What stood around these words was not kept.
        </Text>
      )}
      {error && !notKept && <Problem error={error} retry={() => void refetch()} />}
    </Stack>
  );
}
