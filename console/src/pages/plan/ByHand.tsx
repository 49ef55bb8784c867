// The same by hand: commands and patch files, made from the plan's bytes.
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";

import { CopyBlock } from "../../parts/copy";
import { download } from "../../parts/download";
import { commandsOf, patchFiles } from "../../plan/commands";
import type { Plan } from "../../plan/plan";
import { Section } from "../../report/Section";

export function ByHand({ plan, id, bytes }: { plan: Plan; id: string; bytes: string }) {
  const { rehearse, change, undo } = commandsOf(plan);
  const files = patchFiles(plan);
  return (
    <Section
      title="By hand"
      about="The commands send the plan’s own bytes, its tests too: they refuse if the object has moved on."
      aside={
        <Group gap={6} className="no-print">
          {files && (
            <>
              <Save name={`${id}.patch.json`} text={files.change}>
                Patch
              </Save>
              <Save name={`${id}.undo.json`} text={files.undo}>
                Undo
              </Save>
            </>
          )}
          <Save name={`${id}.plan.json`} text={bytes}>
            Plan
          </Save>
        </Group>
      }
    >
      <Stack gap="xs">
        <Command words="Ask the API server whether it would do it; nothing is changed:" text={rehearse} />
        <Command words="Do it:" text={change} />
        {undo && <Command words="Take it back:" text={undo} />}
      </Stack>
    </Section>
  );
}

function Command({ words, text }: { words: string; text: string }) {
  return (
    <div>
      <Text size="sm" mb={4}>
        {words}
      </Text>
      <CopyBlock text={text} label="Copy the command" maxHeight={150} />
    </div>
  );
}

function Save({ name, text, children }: { name: string; text: string; children: string }) {
  return (
    <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} aria-hidden />} onClick={() => download(name, text, "application/json")} aria-label={`Save ${name}`}>
      {children}
    </Button>
  );
}
