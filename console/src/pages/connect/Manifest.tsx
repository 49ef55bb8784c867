// A manifest that holds the key of an observer or an executor, shown this once: read it, copy or save it, apply it.
import { Alert, Button, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload, IconKey } from "@tabler/icons-react";

import { CopyBlock } from "../../parts/copy";
import { download } from "../../parts/download";

type Program = "assent-observer" | "assent-executor";

export function fileName(cluster: string, program: Program = "assent-observer"): string {
  return `${program}-${cluster}.yaml`;
}

export function Manifest({ cluster, manifest, again = false, program = "assent-observer" }: { cluster: string; manifest: string; again?: boolean; program?: Program }) {
  const file = fileName(cluster, program);
  return (
    <Stack gap="sm">
      {/* Where the manifest stands in a dialog, the dialog says it. */}
      {!again && (
        <Alert color="yellow" variant="light" icon={<IconKey size={20} aria-hidden />} title="The manifest holds the observer’s key, and is shown this once">
          Assent keeps a hash of the key only. Treat the file like a password, and delete it once it is applied. If it is lost, rotate the key to get another.
        </Alert>
      )}
      <Group gap="xs">
        <CopyButton value={manifest} timeout={2_000}>
          {({ copied, copy }) => (
            <Button onClick={copy} leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}>
              {copied ? "Copied" : "Copy manifest"}
            </Button>
          )}
        </CopyButton>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={() => download(file, manifest, "application/yaml")}>
          Save as {file}
        </Button>
      </Group>
      <CopyBlock text={manifest} maxHeight={360} label="Copy manifest" />
      <Text size="sm">Apply it with the kubeconfig of that cluster. Both do the same:</Text>
      <CopyBlock text={`kubectl apply -f ${file}`} label="Copy command" />
      <CopyBlock text="kubectl apply -f -   # paste the manifest, then press Ctrl D" label="Copy command" />
    </Stack>
  );
}
