// Before a policy is kept: what it would have changed, asked of the ledger.
import { Alert, Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, isProblem } from "../../../api/client";
import { Lines, Problem } from "../../../parts/states";
import { BacktestReport } from "./BacktestReport";

const DAY_MS = 24 * 3_600 * 1_000;
const spans = [
  { value: "1", label: "The last day" },
  { value: "7", label: "The last week" },
  { value: "30", label: "The last 30 days" },
  { value: "365", label: "The last year" },
];

type SaveModalProps = { text: string; replaces: boolean; enabled: boolean; busy: boolean; error: unknown; onClose: () => void; onSave: () => void };

export function SaveModal({ text, replaces, enabled, busy, error, onClose, onSave }: SaveModalProps) {
  const [days, setDays] = useState("7");
  const [opened] = useState(Date.now);
  const backtest = useQuery({
    queryKey: ["policy-backtest", text, days],
    queryFn: () => answer(api.POST("/api/v1/policies/backtest", { body: { text, since: new Date(opened - Number(days) * DAY_MS).toISOString() } })),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  return (
    <Modal opened onClose={onClose} title="What it would have changed" size="xl">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <Select label="Asked again" allowDeselect={false} data={spans} value={days} onChange={(value) => value && setDays(value)} maw={220} />
          <Text size="xs" c="dimmed">
            The newest 20,000 records at most.
          </Text>
        </Group>
        <div aria-live="polite">
          {backtest.isPending && <Lines count={3} />}
          {backtest.data && <BacktestReport found={backtest.data} />}
          {backtest.error &&
            (isProblem(backtest.error, "refused", "not_found") ? (
              <Alert color="yellow" variant="light" title="It could not be tried on what was done">
                That needs to read the ledger, and you may not.
              </Alert>
            ) : (
              <Problem error={backtest.error} retry={() => void backtest.refetch()} />
            ))}
        </div>
        {replaces && (
          <Text size="sm" c="dimmed">
            The text is asked beside all texts that are kept, the former one of this policy included: what you take out of it still counts here.
          </Text>
        )}
        {!enabled && (
          <Text size="sm" c="dimmed">
            The policy is kept without counting. What you see here holds once it is enabled.
          </Text>
        )}
        {error !== null && error !== undefined && <Problem error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Back to the text
          </Button>
          <Button onClick={onSave} loading={busy} disabled={backtest.isPending}>
            Keep the policy
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
