// Where a new cluster belongs: one of the environments, or one that is made here.
import { Button, Group, Paper, Select, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { isToldAtFields, useChange } from "../../api/admin";
import { answer, api } from "../../api/client";
import { environmentsQuery } from "../../api/queries";
import { allowed, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { criticalities } from "../../parts/criticality";
import { MayButton } from "../../parts/may";
import { Lines, Problem } from "../../parts/states";
import { DAYS_DEFAULT, EnvironmentFields, isWhole, type EnvironmentDraft } from "../settings/EnvironmentForm";

type EnvironmentChoiceProps = { value: string | undefined; onChange: (environment: string | undefined) => void; error?: string | undefined };

export function EnvironmentChoice({ value, onChange, error }: EnvironmentChoiceProps) {
  const me = useMe();
  const environments = useQuery(environmentsQuery);
  const [making, setMaking] = useState(false);
  const fitting = (environments.data ?? []).filter(({ id, criticality }) => allowed(me.grants, "cluster.manage", { environment: id, criticality }));
  const only = fitting.length === 1 ? fitting[0]?.id : undefined;
  useEffect(() => {
    if (value === undefined && only !== undefined) onChange(only);
  }, [value, only, onChange]);
  if (environments.isPending) return <Lines count={1} height={60} />;
  if (environments.error) return <Problem error={environments.error} retry={() => void environments.refetch()} />;
  const chosen = fitting.find(({ id }) => id === value);
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <Select
          label="Environment"
          description="How careful to be, what is redacted, and how long things are kept."
          placeholder={fitting.length === 0 ? "You may connect clusters to no environment yet" : "Choose one"}
          required
          allowDeselect={false}
          data={fitting.map(({ id, name, criticality }) => ({ value: id, label: `${name} (${criticalities[criticality].word})` }))}
          value={value ?? null}
          onChange={(id) => onChange(id ?? undefined)}
          error={error}
          flex="1 1 16rem"
        />
        {!making && (
          <MayButton
            may={allowed(me.grants, "environment.manage")}
            why={whoMay("environment.manage")}
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setMaking(true)}
          >
            New environment
          </MayButton>
        )}
      </Group>
      {chosen && !making && (
        <Text size="xs" c="dimmed">
          {criticalities[chosen.criticality].about} {criticalities[chosen.criticality].means} Closed incidents are kept for {chosen.retention.incidents_days} days.
        </Text>
      )}
      {making && (
        <NewEnvironment
          onClose={() => setMaking(false)}
          onMade={(id) => {
            onChange(id);
            setMaking(false);
          }}
        />
      )}
    </Stack>
  );
}

function NewEnvironment({ onClose, onMade }: { onClose: () => void; onMade: (environment: string) => void }) {
  const [draft, setDraft] = useState<EnvironmentDraft>({ name: "", criticality: "prod", days: DAYS_DEFAULT });
  const make = useChange(
    ({ name, criticality, days }: EnvironmentDraft) =>
      answer(api.POST("/api/v1/environments", { body: { name, criticality, retention: { incidents_days: days === "" ? DAYS_DEFAULT : days } } })),
    [environmentsQuery.queryKey],
  );
  return (
    <Paper p="md" bg="var(--assent-sunken)" role="group" aria-label="New environment">
      <EnvironmentFields draft={draft} onChange={setDraft} error={make.error} />
      {make.error && !isToldAtFields(make.error, ["/name", "/retention/incidents_days"]) && <Problem error={make.error} />}
      <Group mt="md" gap="xs">
        <Button type="button" loading={make.isPending} disabled={!isWhole(draft)} onClick={() => make.mutate(draft, { onSuccess: ({ id }) => onMade(id) })}>
          Make environment
        </Button>
        <Button type="button" variant="default" onClick={onClose}>
          Cancel
        </Button>
      </Group>
    </Paper>
  );
}
