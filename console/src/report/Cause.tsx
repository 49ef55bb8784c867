// One root cause: what it is, how sure, the path from it to what is seen, what to do, and what else was considered.
import { Box, Code, Group, Paper, Stack, Text, Title } from "@mantine/core";

import { EntityName } from "../parts/entity";
import { Chain } from "./Chain";
import { Cites } from "./Cites";
import { Confidence } from "./Confidence";
import type { RootCause } from "./evidence";
import { Prose } from "./Prose";
import classes from "./Report.module.css";
import { NextSteps } from "./Steps";

export function Cause({ cause, place }: { cause: RootCause; place?: string | undefined }) {
  return (
    <Paper component="section" p={{ base: "sm", sm: "md" }} radius="md" aria-label={place ?? "Root cause"}>
      <Stack gap="md">
        <div>
          <Group justify="space-between" gap="xs" mb={6}>
            <Text size="xs" fw={650} c="dimmed" component="div">
              {place ?? "Root cause"}
            </Text>
            <Confidence confidence={cause.confidence} />
          </Group>
          <Title order={2} size="h4" fw={600} lh={1.45}>
            <Prose text={cause.statement} />
          </Title>
          <Group gap="sm" mt={8}>
            <EntityName entity={cause.entity} />
            <Code className="foreign" title={cause.title}>
              {cause.cause}
            </Code>
          </Group>
          <Cites ids={cause.evidence.map(({ id }) => id)} />
        </div>
        {cause.chain.length > 0 && <Chain cause={cause} />}
        {cause.next_steps.length > 0 && (
          <Box>
            <Title order={3} size="h6" mb={8}>
              What to do next
            </Title>
            <NextSteps steps={cause.next_steps} />
          </Box>
        )}
        {cause.ruled_out.length > 0 && (
          <Box>
            <Title order={3} size="h6">
              Ruled out
            </Title>
            {cause.ruled_out.map((out, index) => (
              <div key={index} className={classes["out"]}>
                <Text size="sm" component="div">
                  <Code className="foreign">{out.cause}</Code>{" "}
                  <Text span inherit c="dimmed">
                    because
                  </Text>{" "}
                  <Prose text={out.why} />
                </Text>
                <Cites ids={out.evidence} />
              </div>
            ))}
          </Box>
        )}
      </Stack>
    </Paper>
  );
}

/** A cause that fits and is not proven: told small, so that nobody takes it for an answer. */
export function Suspect({ cause }: { cause: RootCause }) {
  return (
    <div className={classes["out"]}>
      <Group justify="space-between" gap="xs" align="flex-start">
        <Text size="sm" component="div" flex="1 1 260px">
          <Prose text={cause.statement} />
        </Text>
        <Confidence confidence={cause.confidence} />
      </Group>
      <Group gap="sm">
        <EntityName entity={cause.entity} />
        <Code className="foreign">{cause.cause}</Code>
      </Group>
      <Cites ids={cause.evidence.map(({ id }) => id)} />
    </div>
  );
}
