// What to do, and what to fetch: words, and a command to copy where there is one.
import { Box, Stack, Text } from "@mantine/core";

import { CopyBlock } from "../parts/copy";
import type { Report } from "./evidence";
import { Prose } from "./Prose";
import classes from "./Report.module.css";
import { sentence, step } from "./words";

export function NextSteps({ steps }: { steps: readonly string[] }) {
  return (
    <ol className={classes["steps"]}>
      {steps.map((text, index) => {
        const { words, command } = step(text);
        return (
          <li key={index}>
            {words && (
              <Text size="sm" component="div" mb={command ? 4 : 0}>
                <Prose text={command ? `${words}:` : words} />
              </Text>
            )}
            {command && <CopyBlock text={command} label="Copy the command" />}
          </li>
        );
      })}
    </ol>
  );
}

export function MissingEvidence({ missing }: { missing: Report["missing_evidence"] }) {
  return (
    <Stack gap="sm">
      {missing.map(({ what, how }, index) => {
        const { words, command } = step(how);
        return (
          <Box key={index}>
            <Text size="sm" component="div" mb={4}>
              <Prose text={sentence(what)} />
              {words && (
                <Text span c="dimmed" size="sm">
                  {" "}
                  · <Prose text={words} />
                </Text>
              )}
            </Text>
            {command && <CopyBlock text={command} label="Copy the command" />}
          </Box>
        );
      })}
    </Stack>
  );
}
