// What makes an environment: its name, how critical it is, how long things are kept.
import { Group, NumberInput, Radio, Stack, Text, TextInput } from "@mantine/core";

import { fieldProblem } from "../../api/admin";
import { criticalities, criticalityOrder, type Criticality } from "../../parts/criticality";
import { labelWords } from "../connect/endpoint";

export type EnvironmentDraft = { name: string; criticality: Criticality; days: number | "" };

export const DAYS_DEFAULT = 90;
const DAYS_MAX = 3_650;

/** Whether it can be sent. */
export function isWhole({ name, days }: EnvironmentDraft): boolean {
  return name !== "" && labelWords(name) === undefined && days !== "" && days >= 1 && days <= DAYS_MAX;
}

type EnvironmentFieldsProps = { draft: EnvironmentDraft; onChange: (draft: EnvironmentDraft) => void; error: unknown; autoFocus?: boolean };

export function EnvironmentFields({ draft, onChange, error, autoFocus = false }: EnvironmentFieldsProps) {
  return (
    <Stack>
      <TextInput
        label="Name"
        description="As in prod-eu or staging. Lower case, digits and -."
        required
        autoComplete="off"
        spellCheck={false}
        data-autofocus={autoFocus || undefined}
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
        error={labelWords(draft.name) ?? fieldProblem(error, "/name")}
      />
      <CriticalityChoice value={draft.criticality} onChange={(criticality) => onChange({ ...draft, criticality })} />
      <NumberInput
        label="Keep closed incidents for"
        description="With their reports, comments and links. What is open stays as long as it lives."
        suffix=" days"
        min={1}
        max={DAYS_MAX}
        allowDecimal={false}
        value={draft.days}
        onChange={(days) => onChange({ ...draft, days: typeof days === "number" ? days : "" })}
        error={fieldProblem(error, "/retention/incidents_days")}
        maw={240}
      />
    </Stack>
  );
}

export function CriticalityChoice({ value, onChange }: { value: Criticality; onChange: (value: Criticality) => void }) {
  return (
    <Radio.Group label="How much would a mistake cost?" value={value} onChange={(chosen) => onChange(chosen as Criticality)}>
      <Stack gap={8} mt={8}>
        {criticalityOrder.map((name) => {
          const { word, about, means } = criticalities[name];
          return (
            <Radio.Card key={name} value={name} p="sm">
              <Group wrap="nowrap" align="flex-start" gap="sm">
                <Radio.Indicator mt={2} />
                <div>
                  <Text size="sm" fw={550}>
                    {word}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {about} {means}
                  </Text>
                </div>
              </Group>
            </Radio.Card>
          );
        })}
      </Stack>
    </Radio.Group>
  );
}
