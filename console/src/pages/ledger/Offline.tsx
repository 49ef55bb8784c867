// How to check the same without this page and without the platform.
import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { CopyBlock } from "../../parts/copy";
import { download } from "../../parts/download";
import { failed } from "../../parts/toast";

export function Offline({ index }: { index: number }) {
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    try {
      const [receipt, checkpoint] = await Promise.all([
        answer(api.GET("/api/v1/ledger/records/{index}/receipt", { params: { path: { index } } })),
        answer(api.GET("/api/v1/ledger/checkpoint")),
      ]);
      download(`receipt-${index}.json`, `${JSON.stringify(receipt, null, 2)}\n`, "application/json");
      download("ledger-key.txt", `${checkpoint.public_key}\n`, "text/plain");
    } catch (error) {
      failed(error);
    }
    setBusy(false);
  };
  return (
    <Paper p="md" component="section" aria-label="Check it elsewhere">
      <Stack gap="sm">
        <Title order={2} size="h5">
          Check it elsewhere
        </Title>
        <Text size="sm" c="dimmed">
          A receipt proves this record with nothing but the public key of the log. Have the key from those who run the platform if the platform itself is
          what you doubt.
        </Text>
        <Group>
          <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} onClick={() => void take()} loading={busy}>
            Receipt and key
          </Button>
        </Group>
        <CopyBlock text={`assent ledger receipt --check receipt-${index}.json --key ledger-key.txt`} label="Copy the command" />
        <Text size="sm" c="dimmed">
          The whole log, with every record and every checkpoint there ever was:
        </Text>
        <CopyBlock
          text={`assent ledger export ledger.tar --server ${location.origin}\nmkdir ledger && tar -xf ledger.tar -C ledger\nassent ledger verify ledger`}
          label="Copy the commands"
        />
      </Stack>
    </Paper>
  );
}
