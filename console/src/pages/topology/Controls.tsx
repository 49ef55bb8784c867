// Chooses the cluster, the part of it, and what is looked for in it.
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconAdjustments, IconSearch, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState, type RefObject } from "react";

import { clustersQuery, incidentsQuery } from "../../api/queries";
import { healthWord } from "../../parts/marks";
import type { Health } from "./graph/model";
import type { TopologySearch } from "./search";
import classes from "./Topology.module.css";

type Part = { [F in keyof TopologySearch]?: TopologySearch[F] | undefined };
type Props = {
  cluster: string;
  search: TopologySearch;
  set: (part: Part) => void;
  namespaces: readonly string[];
  kinds: readonly string[];
  finder: RefObject<HTMLInputElement | null>;
};

const healths: readonly Health[] = ["broken", "degraded", "healthy", "unknown"];

export function Controls({ cluster, search, set, namespaces, kinds, finder }: Props) {
  const clusters = useQuery(clustersQuery).data ?? [];
  const incidents = useInfiniteQuery(incidentsQuery({ cluster })).data?.pages.flatMap(({ items }) => items) ?? [];
  // A phone has little room above what is shown.
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const [asked, setMore] = useState(false);
  const more = asked || !narrow || [search.incident, search.kind, search.health].some((value) => value !== undefined);
  return (
    <div className={classes["filters"]} role="search" aria-label="What is shown">
      <Select
        label="Cluster"
        data={clusters.map(({ id, name }) => ({ value: id, label: name }))}
        value={cluster}
        onChange={(next) => next && set({ cluster: next, namespace: undefined, incident: undefined, at: undefined, object: undefined, kind: undefined })}
        allowDeselect={false}
        searchable={clusters.length > 8}
      />
      <Select
        label="Namespace"
        placeholder="All"
        data={withAsked(namespaces, search.namespace)}
        value={search.namespace ?? null}
        onChange={(namespace) => set({ namespace: namespace ?? undefined })}
        searchable
        clearable
        nothingFoundMessage="No such namespace"
      />
      <TextInput
        ref={finder}
        label="Find"
        placeholder="Name, kind, state"
        leftSection={<IconSearch size={15} aria-hidden />}
        rightSection={
          search.find && (
            <ActionIcon variant="subtle" color="gray" aria-label="Find nothing in particular" onClick={() => set({ find: undefined })}>
              <IconX size={15} />
            </ActionIcon>
          )
        }
        value={search.find ?? ""}
        onChange={(event) => set({ find: event.currentTarget.value || undefined })}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {!more && (
        <Button variant="default" onClick={() => setMore(true)} leftSection={<IconAdjustments size={16} />}>
          More filters
        </Button>
      )}
      {more && (
        <>
          <Select
            label="Incident"
            placeholder="Any"
            data={incidentChoices(incidents, search.incident)}
            value={search.incident ?? null}
            onChange={(incident) => set({ incident: incident ?? undefined })}
            searchable
            clearable
            nothingFoundMessage="No such incident"
            comboboxProps={{ width: 320, position: "bottom-start" }}
          />
          <Select label="Kind" placeholder="Any" data={withAsked(kinds, search.kind)} value={search.kind ?? null} onChange={(kind) => set({ kind: kind ?? undefined })} searchable clearable />
          <Select
            label="Health"
            placeholder="Any"
            data={healths.map((health) => ({ value: health, label: healthWord(health) }))}
            value={search.health ?? null}
            onChange={(health) => set({ health: (health as Health | null) ?? undefined })}
            clearable
          />
        </>
      )}
    </div>
  );
}

/** What a link asks for can be gone by now. */
function withAsked(known: readonly string[], asked: string | undefined): string[] {
  return asked === undefined || known.includes(asked) ? [...known] : [...known, asked];
}

function incidentChoices(incidents: readonly { id: string; title: string }[], asked: string | undefined) {
  const known = incidents.map(({ id, title }) => ({ value: id, label: title }));
  return asked === undefined || known.some(({ value }) => value === asked) ? known : [...known, { value: asked, label: asked }];
}
