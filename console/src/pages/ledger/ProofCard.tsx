// The proof that a record stands in the log, checked by this browser: each step with its result.
import { Alert, Box, Button, Code, Group, List, Paper, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertOctagon, IconAlertTriangle, IconCheck, IconMinus, IconShieldCheck, IconX } from "@tabler/icons-react";

import { ConfirmModal } from "../../parts/confirm";
import { Problem } from "../../parts/states";
import { Instant } from "../../time/zone";
import type { Proven } from "./proof/useProof";
import { useProof } from "./proof/useProof";
import type { Shown, Step, StepName } from "./proof/receipt";

const titles: Record<StepName, string> = {
  record: "The recorded bytes",
  leaf: "Their hash, the leaf",
  path: "The path to the root",
  root: "The root of the checkpoint",
  signature: "The signature of the log",
};

export function ProofCard({ record }: { record: Shown }) {
  const { data, error, refetch, trustAnew } = useProof(record);
  return (
    <Paper p="md" component="section" aria-label="Proof">
      <Title order={2} size="h5" mb="xs">
        Proof
      </Title>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <Stack gap={10} role="status" aria-label="Checking the proof">
          <Skeleton height={40} />
          {Object.keys(titles).map((name) => (
            <Skeleton key={name} height={34} />
          ))}
        </Stack>
      )}
      {data && <Checked proven={data} trustAnew={trustAnew} />}
    </Paper>
  );
}

function Checked({ proven: { proof, publicKey, by, history }, trustAnew }: { proven: Proven; trustAnew: () => Promise<void> }) {
  return (
    <Stack gap="md">
      <History history={history} publicKey={publicKey} trustAnew={trustAnew} />
      <div role="status">
        {proof.holds && !("pin" in history) ? (
          <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={20} />} title="It is in the log that the platform shows now" styles={titled("var(--assent-degraded)")}>
            <Text size="sm">Whether that is the log you trusted before is in doubt, as said above.</Text>
          </Alert>
        ) : proof.holds ? (
          <Alert color="green" variant="light" icon={<IconShieldCheck size={20} />} title={`Proven: it is one of the ${proof.size} records of the log, unchanged`} styles={titled("var(--assent-healthy)")}>
            <Text size="sm">Checked just now in this browser ({by}).</Text>
          </Alert>
        ) : (
          <Alert role="alert" color="red.9" variant="filled" styles={loud} icon={<IconAlertOctagon size={20} />} title="Not proven">
            <Text size="sm">Do not rely on this record before somebody has found out why. Keep the receipt, and verify the whole log.</Text>
          </Alert>
        )}
      </div>
      <List listStyleType="none" spacing="sm" type="ordered" styles={{ itemWrapper: { display: "block" } }}>
        {proof.steps.map((step) => (
          <List.Item key={step.name}>
            <StepLine step={step} />
          </List.Item>
        ))}
      </List>
      <Text size="xs" c="dimmed">
        Who did it, to what, and the details are encrypted beside the log. The proven record holds the SHA-256 of them under a secret salt, which only
        the platform can open, so for these this page relies on the platform.
      </Text>
    </Stack>
  );
}

/** The title of a light alert in a colour that is read well on it. */
const titled = (color: string) => ({ title: { color }, icon: { color } });

/** White on the darkest red, in both themes. */
const loud = { title: { color: "white" }, icon: { color: "white" }, message: { color: "white" } };

const results = {
  holds: { word: "Holds", colour: "green", icon: IconCheck },
  fails: { word: "Fails", colour: "red", icon: IconX },
  "not reached": { word: "Not checked", colour: "gray", icon: IconMinus },
} as const;

function StepLine({ step }: { step: Step }) {
  const { word, colour, icon: Icon } = results[step.result];
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <ThemeIcon size={24} radius="xl" color={colour} variant={step.result === "fails" ? "filled" : "light"}>
        <Icon size={15} role="img" aria-label={word} />
      </ThemeIcon>
      <Box style={{ minWidth: 0 }}>
        <Text size="sm" fw={600}>
          {titles[step.name]}
        </Text>
        <Text size="sm" c={step.result === "fails" ? "var(--assent-broken)" : "dimmed"}>
          {step.says}
        </Text>
        {step.value && (
          <Code className="foreign" fz={11} style={{ display: "inline-block", marginTop: 2 }}>
            {step.value}
          </Code>
        )}
      </Box>
    </Group>
  );
}

const warnings = {
  "other key": {
    title: "The log has another key than before",
    says: "This browser knows the log under another public key. Whoever holds the new one could have written another history. Ask those who run the platform, by another way than this page, whether the key was changed.",
  },
  shorter: {
    title: "The log is shorter than it was",
    says: "This browser has seen more records in it than there are now. An older copy of the log may have been put back.",
  },
  "other history": {
    title: "The log has another history than before",
    says: "This browser has seen another root of it at the same number of records. Two histories are signed by one key.",
  },
} as const;

/** What this browser remembers of the log, and whether that fits. */
function History({ history, publicKey, trustAnew }: { history: Proven["history"]; publicKey: string; trustAnew: () => Promise<void> }) {
  const [asking, { open, close }] = useDisclosure();
  if (history.verdict === "unsigned") {
    return (
      <Alert role="alert" color="red.9" variant="filled" styles={loud} icon={<IconAlertOctagon size={20} />} title="The newest checkpoint is not signed by the log">
        What the platform gives out as the state of the log does not hold.
      </Alert>
    );
  }
  if (history.verdict === "first" || history.verdict === "same") {
    return (
      <Text size="sm" c="dimmed">
        {history.verdict === "first" ? "This browser sees the key of this log for the first time, and remembers it from now on." : (
          <>
            The key is the one that this browser saw first, on <Instant at={history.pin.since} />, and the log has only grown since.
          </>
        )}
      </Text>
    );
  }
  const { title, says } = warnings[history.verdict];
  return (
    <Alert role="alert" color="red.9" variant="filled" styles={loud} icon={<IconAlertOctagon size={22} />} title={title}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{says}</Text>
        <Text size="xs">
          Seen first on <Instant at={history.kept.since} />: {history.kept.size} records, key <span className="foreign">{history.kept.key}</span>
        </Text>
        <Text size="xs">
          Now: key <span className="foreign">{publicKey}</span>
        </Text>
        <Button size="xs" variant="white" color="red.9" onClick={open}>
          Trust the log as it is now…
        </Button>
      </Stack>
      <ConfirmModal opened={asking} onClose={close} title="Trust the log as it is now?" verb="Trust it" typed="trust" onConfirm={trustAnew}>
        This browser forgets what it knew of the log. Do this only when those who run the platform have said why it changed.
      </ConfirmModal>
    </Alert>
  );
}
