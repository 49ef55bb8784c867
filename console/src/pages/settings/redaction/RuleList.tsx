// Rules as people write them: a name and a regular expression each.
import { ActionIcon, Button, Group, Stack, Text, TextInput, Title, Tooltip } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId } from "react";

import type { Schemas } from "../../../api/client";

type Rule = Schemas["RedactionRule"];

type RuleListProps = {
  title: string;
  about: string;
  /** `deny` or `allow`: where problems point to. */
  pointer: "deny" | "allow";
  rules: readonly Rule[];
  onChange: (rules: Rule[]) => void;
  problem: (pointer: string) => string | undefined;
  readOnly: boolean;
};

export function RuleList({ title, about, pointer, rules, onChange, problem, readOnly }: RuleListProps) {
  const id = useId();
  const change = (at: number, part: Partial<Rule>) => onChange(rules.map((rule, index) => (index === at ? { ...rule, ...part } : rule)));
  return (
    <Stack gap="xs" component="section" aria-labelledby={id}>
      <div>
        <Title order={2} size="h5" id={id}>
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {about}
        </Text>
      </div>
      {rules.length === 0 && (
        <Text size="sm" c="dimmed">
          None.
        </Text>
      )}
      {rules.map((rule, at) => (
        <Group key={at} gap="xs" align="flex-start" wrap="nowrap">
          <Group gap="xs" align="flex-start" style={{ flex: 1 }}>
            <TextInput
              aria-label={`Name of rule ${at + 1}`}
              placeholder="name"
              readOnly={readOnly}
              spellCheck={false}
              autoComplete="off"
              value={rule.name}
              onChange={(event) => change(at, { name: event.currentTarget.value })}
              error={problem(`/${pointer}/${at}/name`)}
              flex="1 1 8rem"
            />
            <TextInput
              aria-label={`Pattern of rule ${at + 1}`}
              placeholder="INT-[0-9]{6}"
              readOnly={readOnly}
              spellCheck={false}
              autoComplete="off"
              ff="monospace"
              maxLength={1_000}
              value={rule.pattern}
              onChange={(event) => change(at, { pattern: event.currentTarget.value })}
              error={problem(`/${pointer}/${at}/pattern`)}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
              flex="3 1 14rem"
            />
          </Group>
          {!readOnly && (
            <Tooltip label="Remove this rule">
              <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove rule ${rule.name || at + 1}`} onClick={() => onChange(rules.filter((_, index) => index !== at))}>
                <IconTrash size={17} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
      ))}
      {problem(`/${pointer}`) && (
        <Text size="xs" c="var(--assent-broken)" role="alert">
          {problem(`/${pointer}`)}
        </Text>
      )}
      {!readOnly && (
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => onChange([...rules, { name: "", pattern: "" }])} style={{ alignSelf: "flex-start" }}>
          Add a rule
        </Button>
      )}
    </Stack>
  );
}
