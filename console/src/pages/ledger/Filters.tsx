// Narrows the list. Each filter stands in the address, so a link shows the same records.
import { Button, Select, TextInput } from "@mantine/core";
import { IconFilterOff } from "@tabler/icons-react";
import type { RefObject } from "react";

import { useZone } from "../../time/zone";
import { fromField, toField } from "./fields";
import classes from "./Ledger.module.css";
import type { Names } from "./names";
import { outcomes, type Outcome } from "./OutcomeMark";
import { actionChoices } from "./records";
import { isNarrowed, type Range, type RecordSearch } from "./search";

type Filters = {
  search: RecordSearch;
  change: (search: RecordSearch) => void;
  names: Names;
  seen: Iterable<string>;
  first: RefObject<HTMLInputElement | null>;
};

const times: readonly { value: Range | "all" | "between"; label: string }[] = [
  { value: "all", label: "All time" },
  { value: "1h", label: "Last hour" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
  { value: "between", label: "Between two times" },
];

const HOUR_MS = 3_600_000;

export function Filters({ search, change, names, seen, first }: Filters) {
  const zone = useZone();
  const set = (part: { [F in keyof RecordSearch]?: RecordSearch[F] | undefined }) => change(without({ ...search, ...part }));
  const between = search.range === undefined && (search.since !== undefined || search.until !== undefined);
  const actors = withAsked(names, search.actor);
  return (
    <div className={classes["filters"]} role="search" aria-label="Filter records">
      <Select
        ref={first}
        label="Who"
        placeholder="Anybody"
        data={actors}
        value={search.actor ?? null}
        onChange={(actor) => set({ actor: actor ?? undefined })}
        searchable
        clearable
        nothingFoundMessage="Nobody of that name"
      />
      <Select
        label="What"
        placeholder="Anything"
        data={actionChoices(seen, search.action)}
        value={search.action ?? null}
        onChange={(action) => set({ action: action ?? undefined })}
        searchable
        clearable
        nothingFoundMessage="No such action"
      />
      <Select
        label="Outcome"
        placeholder="Any"
        data={Object.entries(outcomes).map(([value, { word }]) => ({ value, label: word }))}
        value={search.outcome ?? null}
        onChange={(outcome) => set({ outcome: (outcome as Outcome | null) ?? undefined })}
        clearable
      />
      <Select
        label="When"
        data={times}
        value={between ? "between" : (search.range ?? "all")}
        onChange={(time) => {
          if (time === "between") set({ range: undefined, since: search.since ?? new Date(Date.now() - HOUR_MS).toISOString() });
          else set({ range: time === "all" ? undefined : (time as Range), since: undefined, until: undefined });
        }}
        allowDeselect={false}
      />
      {(names.environments.length > 1 || search.environment !== undefined) && (
        <Select
          label="Environment"
          placeholder="Any"
          data={names.environments}
          value={search.environment ?? null}
          onChange={(environment) => set({ environment: environment ?? undefined })}
          clearable
        />
      )}
      {between && (
        <>
          <TextInput
            type="datetime-local"
            step={1}
            label={`From (${zone.name})`}
            value={toField(search.since, zone.isUtc)}
            onChange={(event) => set({ since: fromField(event.currentTarget.value, zone.isUtc) })}
          />
          <TextInput
            type="datetime-local"
            step={1}
            label={`Before (${zone.name})`}
            value={toField(search.until, zone.isUtc)}
            onChange={(event) => set({ until: fromField(event.currentTarget.value, zone.isUtc) })}
          />
        </>
      )}
      {search.subject !== undefined && (
        <TextInput label="To what" value={search.subject} readOnly classNames={{ input: "foreign" }} />
      )}
      {isNarrowed(search) && (
        <Button variant="subtle" color="gray" leftSection={<IconFilterOff size={16} />} onClick={() => change({})} style={{ alignSelf: "end" }}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

/** An actor that a link asks for can be one who is gone. */
function withAsked(names: Names, asked: string | undefined) {
  if (asked === undefined || names.actors.some(({ items }) => items.some(({ value }) => value === asked))) return names.actors;
  return [...names.actors, { group: "Others", items: [{ value: asked, label: names.actor(asked) }] }];
}

function without(search: { [F in keyof RecordSearch]?: RecordSearch[F] | undefined }): RecordSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as RecordSearch;
}
