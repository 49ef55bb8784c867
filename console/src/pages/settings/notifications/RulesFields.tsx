// The rules of a channel as fields.
import { ActionIcon, Box, Button, Chip, Fieldset, Group, MultiSelect, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, TagsInput, Text, Tooltip } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMemo } from "react";

import type { Schemas } from "../../../api/client";
import { days, eventGroups, everyEvent, severityWords, urgentWords, zones, type Day, type Event, type Quiet, type Rules, type Severity } from "./rules";
import { ClockInput } from "./ClockInput";

type FieldsProps = { rules: Rules; onChange: (rules: Rules) => void; environments: readonly Schemas["Environment"][] };

const severities: readonly Severity[] = ["notice", "degraded", "broken"];
const NOTHING = "nothing";
const HOURS_MAX = 14;
const MINUTES = 30;

export function RulesFields({ rules, onChange, environments }: FieldsProps) {
  const all = useMemo(zones, []);
  const set = (change: Partial<Rules>) => onChange({ ...rules, ...change });
  const without = (field: "digest" | "urgent") => {
    const { [field]: _gone, ...rest } = rules;
    onChange(rest);
  };
  const chosen = rules.events && rules.events.length > 0 ? rules.events : everyEvent;
  const waits = (rules.quiet?.length ?? 0) > 0 || rules.digest !== undefined;
  return (
    <Stack gap="md">
      {eventGroups.map(({ group, events }) => (
        <Box key={group} role="group" aria-label={`What of ${group.toLowerCase()}`}>
          <Text size="sm" fw={500} mb={6}>
            {group}
          </Text>
          <Chip.Group
            multiple
            value={events.map(({ value }) => value).filter((value) => chosen.includes(value))}
            onChange={(values) => {
              const others = chosen.filter((value) => !events.some((known) => known.value === value));
              const next = [...others, ...(values as Event[])];
              // A channel tells something: the last one stays.
              if (next.length > 0) set({ events: next });
            }}
          >
            <Group gap={6}>
              {events.map(({ value, label }) => (
                <Chip key={value} value={value} size="xs">
                  {label}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </Box>
      ))}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label="How bad at least"
          description="Of a plan, its incident."
          allowDeselect={false}
          data={severities.map((value) => ({ value, label: severityWords[value] }))}
          value={rules.severity_min ?? "notice"}
          onChange={(value) => value && set({ severity_min: value as Severity })}
        />
        <MultiSelect
          label="Environments"
          description="All if none is chosen."
          data={environments.map(({ id, name }) => ({ value: id, label: name }))}
          value={rules.environments ?? []}
          onChange={(value) => set({ environments: value })}
          clearable
          clearButtonProps={{ "aria-label": "All environments" }}
        />
      </SimpleGrid>
      <TagsInput
        label="Namespaces"
        description="All if none is named. shop, or lab-* for all that begin so."
        value={rules.namespaces ?? []}
        onChange={(value) => set({ namespaces: value })}
        acceptValueOnBlur
        maxTags={100}
      />
      <Fieldset legend="Quiet hours" variant="unstyled">
        <Stack gap="sm">
          {(rules.quiet ?? []).map((hours, place) => (
            <Hours
              // Windows have no names; their place is what they are told apart by.
              key={place}
              place={place}
              hours={hours}
              zones={all}
              onChange={(next) => set({ quiet: (rules.quiet ?? []).map((old, other) => (other === place ? next : old)) })}
              onRemove={() => set({ quiet: (rules.quiet ?? []).filter((_, other) => other !== place) })}
            />
          ))}
          {(rules.quiet?.length ?? 0) < HOURS_MAX && (
            <Group>
              <Button
                variant="default"
                size="xs"
                leftSection={<IconPlus size={14} aria-hidden />}
                onClick={() => set({ quiet: [...(rules.quiet ?? []), { from: "22:00", to: "07:00", zone: all[0] ?? "UTC" }] })}
              >
                Add quiet hours
              </Button>
              {(rules.quiet?.length ?? 0) === 0 && (
                <Text size="xs" c="dimmed">
                  What comes up meanwhile is told at their end.
                </Text>
              )}
            </Group>
          )}
        </Stack>
      </Fieldset>
      <Box>
        <Text size="sm" fw={500} mb={6} id="digest-label">
          When
        </Text>
        <Group gap="sm" align="flex-end">
          <SegmentedControl
            size="xs"
            aria-labelledby="digest-label"
            data={[
              { value: "now", label: "At once" },
              { value: "every", label: "Every so often" },
              { value: "daily", label: "Daily" },
            ]}
            value={rules.digest?.when ?? "now"}
            onChange={(when) => {
              if (when === "every") set({ digest: { when, minutes: MINUTES } });
              else if (when === "daily") set({ digest: { when, at: "08:30", zone: all[0] ?? "UTC" } });
              else without("digest");
            }}
          />
          {rules.digest?.when === "every" && (
            <NumberInput
              aria-label="Minutes between digests"
              size="xs"
              w={130}
              min={1}
              max={1440}
              suffix=" min"
              value={rules.digest.minutes}
              onChange={(value) => set({ digest: { when: "every", minutes: typeof value === "number" ? value : 0 } })}
            />
          )}
          {rules.digest?.when === "daily" && (
            <>
              <ClockInput label="Time of the digest" value={rules.digest.at} onChange={(at) => rules.digest?.when === "daily" && set({ digest: { ...rules.digest, at } })} />
              <Zone label="Time zone of the digest" zones={all} value={rules.digest.zone} onChange={(zone) => rules.digest?.when === "daily" && set({ digest: { ...rules.digest, zone } })} />
            </>
          )}
        </Group>
      </Box>
      {waits && (
        <Select
          label="Urgent"
          description="Waits for neither quiet hours nor a digest."
          allowDeselect={false}
          maw={{ sm: 360 }}
          data={[{ value: NOTHING, label: "Nothing" }, ...[...severities].reverse().map((value) => ({ value, label: urgentWords[value] }))]}
          value={rules.urgent ?? NOTHING}
          onChange={(value) => (value === null || value === NOTHING ? without("urgent") : set({ urgent: value as Severity }))}
        />
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label="The same is told once within"
          suffix=" s"
          min={0}
          max={86_400}
          value={rules.dedup_s ?? 0}
          onChange={(value) => typeof value === "number" && set({ dedup_s: value })}
        />
        <NumberInput
          label="Messages in an hour at most"
          min={1}
          max={600}
          value={rules.per_hour_max ?? 1}
          onChange={(value) => typeof value === "number" && set({ per_hour_max: value })}
        />
      </SimpleGrid>
    </Stack>
  );
}

type HoursProps = { place: number; hours: Quiet; zones: readonly string[]; onChange: (hours: Quiet) => void; onRemove: () => void };

function Hours({ place, hours, zones: all, onChange, onRemove }: HoursProps) {
  const which = `quiet hours ${place + 1}`;
  return (
    <Stack gap={6}>
      <Group gap="xs" wrap="wrap">
        <ClockInput label={`Beginning of ${which}`} value={hours.from} onChange={(from) => onChange({ ...hours, from })} />
        <Text size="sm" c="dimmed">
          to
        </Text>
        <ClockInput label={`End of ${which}`} value={hours.to} onChange={(to) => onChange({ ...hours, to })} />
        <Zone label={`Time zone of ${which}`} zones={all} value={hours.zone} onChange={(zone) => onChange({ ...hours, zone })} />
        <Tooltip label="Remove these quiet hours">
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove ${which}`} onClick={onRemove}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Chip.Group multiple value={hours.days ?? []} onChange={(values) => onChange({ ...hours, days: values as Day[] })}>
        <Group gap={4} role="group" aria-label={`Days on which ${which} begin; every day if none is chosen`}>
          {days.map(({ value, label }) => (
            <Chip key={value} value={value} size="xs" variant="light">
              {label}
            </Chip>
          ))}
          {(hours.days?.length ?? 0) === 0 && (
            <Text size="xs" c="dimmed">
              Every day
            </Text>
          )}
        </Group>
      </Chip.Group>
    </Stack>
  );
}

function Zone({ label, zones: all, value, onChange }: { label: string; zones: readonly string[]; value: string; onChange: (zone: string) => void }) {
  // A zone that was set elsewhere and that this browser does not know stays choosable.
  const data = all.includes(value) ? [...all] : [value, ...all];
  return <Select aria-label={label} size="xs" w={190} searchable allowDeselect={false} limit={100} data={data} value={value} onChange={(zone) => zone && onChange(zone)} />;
}
