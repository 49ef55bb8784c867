// What the list is narrowed to. All of it stands in the address.
import { ActionIcon, Autocomplete, Button, Drawer, Group, Indicator, Kbd, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode, type Ref } from "react";

import { clustersQuery, environmentsQuery } from "../../api/queries";
import { usePeople } from "../incident/people";
import classes from "./Filters.module.css";
import type { Summary } from "./Row";
import { narrowings, type IncidentSearch } from "./search";

const TYPED_MS = 250;

type Props = {
  search: IncidentSearch;
  change: (search: Partial<Record<keyof IncidentSearch, string | undefined>>) => void;
  clear: () => void;
  /** What is listed: its namespaces and causes are offered. */
  listed: readonly Summary[];
  field: Ref<HTMLInputElement>;
  /** What else stands in the row. */
  aside?: ReactNode;
};

export function Filters({ search, change, clear, listed, field, aside }: Props) {
  const [opened, { open, close }] = useDisclosure();
  const count = narrowings(search) - (search.text ? 1 : 0);
  return (
    <>
      <div className={classes["bar"]}>
        <TextField value={search.text ?? ""} onChange={(text) => change({ text })} label="Search titles and names" field={field} />
        <div className={classes["fields"]}>
          <Fields search={search} change={change} listed={listed} />
        </div>
        <Indicator label={count} size={18} disabled={count === 0} hiddenFrom="md">
          <Button variant="default" onClick={open} leftSection={<IconAdjustmentsHorizontal size={17} aria-hidden />} px="sm">
            Filters
          </Button>
        </Indicator>
        {aside}
      </div>
      <Drawer opened={opened} onClose={close} position="bottom" size={620} title="Filters" hiddenFrom="md">
        <Stack pb="md">
          <Fields search={search} change={change} listed={listed} labelled />
          <Group grow>
            <Button variant="default" onClick={clear} disabled={narrowings(search) === 0}>
              Clear
            </Button>
            <Button onClick={close} px="xs">Show {listed.length === 1 ? "1 incident" : `${listed.length} incidents`}</Button>
          </Group>
        </Stack>
      </Drawer>
    </>
  );
}

const severities = [
  { value: "broken", label: "Broken" },
  { value: "degraded", label: "Degraded +" },
  { value: "notice", label: "Notice +" },
];

function Fields({ search, change, listed, labelled = false }: Pick<Props, "search" | "change" | "listed"> & { labelled?: boolean }) {
  const environments = useQuery(environmentsQuery).data ?? [];
  const clusters = useQuery(clustersQuery).data ?? [];
  const people = usePeople();
  const shown = clusters.filter(({ environment }) => !search.environment || environment === search.environment);
  const name = (label: string) => (labelled ? { label, placeholder: "Any" } : { "aria-label": label, placeholder: label });
  return (
    <>
      <Select {...name("Severity")} clearable data={severities} value={search.severity ?? null} onChange={(severity) => change({ severity: severity ?? undefined })} />
      <Select
        {...name("Environment")}
        clearable
        data={withUnknown(environments, search.environment)}
        value={search.environment ?? null}
        onChange={(environment) => change({ environment: environment ?? undefined, cluster: undefined })}
      />
      <Select {...name("Cluster")} clearable searchable data={withUnknown(shown, search.cluster)} value={search.cluster ?? null} onChange={(cluster) => change({ cluster: cluster ?? undefined })} />
      <WordField {...name("Namespace")} value={search.namespace ?? ""} words={unique(listed.flatMap(({ namespaces }) => namespaces))} onChange={(namespace) => change({ namespace })} />
      <WordField {...name("Cause")} value={search.cause ?? ""} words={unique(listed.flatMap(({ cause }) => cause ?? []))} onChange={(cause) => change({ cause })} />
      <Select {...name("Assignee")} clearable searchable data={withUnknown(people.known, search.assignee)} value={search.assignee ?? null} onChange={(assignee) => change({ assignee: assignee ?? undefined })} />
    </>
  );
}

/** The choices, and the chosen one even if it is not among them: an address may name what the caller may not list. */
function withUnknown(known: readonly { id: string; name: string }[], chosen: string | undefined) {
  const choices = known.map(({ id, name }) => ({ value: id, label: name }));
  return chosen && !known.some(({ id }) => id === chosen) ? [...choices, { value: chosen, label: chosen }] : choices;
}

const unique = (words: readonly string[]): string[] => [...new Set(words)].sort();

type WordProps = { value: string; words: string[]; onChange: (word: string | undefined) => void; label?: string; placeholder?: string; "aria-label"?: string };

/** A word that is offered or typed, and taken when it is chosen, left or entered: half a word matches nothing. */
function WordField({ value, words, onChange, ...names }: WordProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const take = (word: string) => {
    if (word.trim() !== value) onChange(word.trim() || undefined);
  };
  return (
    <Autocomplete
      {...names}
      data={words}
      value={text}
      onChange={setText}
      onOptionSubmit={take}
      onBlur={() => take(text)}
      onKeyDown={(event) => event.key === "Enter" && take(text)}
      clearable
      onClear={() => take("")}
    />
  );
}

function TextField({ value, onChange, label, field }: { value: string; onChange: (text: string | undefined) => void; label: string; field: Ref<HTMLInputElement> }) {
  const [text, setText] = useState(value);
  const typed = useDebouncedCallback((next: string) => onChange(next.trim() || undefined), TYPED_MS);
  // The address may change by other means: a saved filter, the way back.
  useEffect(() => setText((shown) => (shown.trim() === value ? shown : value)), [value]);
  return (
    <TextInput
      ref={field}
      type="search"
      aria-label={label}
      placeholder="Search"
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        typed(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        // A browser may clear a search field on this key; here it only leaves the field.
        event.preventDefault();
        event.currentTarget.blur();
      }}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label="Clear the search"
            onClick={() => {
              setText("");
              onChange(undefined);
            }}
          >
            <IconX size={15} />
          </ActionIcon>
        ) : (
          <Kbd size="xs" visibleFrom="md" aria-hidden>
            /
          </Kbd>
        )
      }
      className={classes["text"]}
    />
  );
}
