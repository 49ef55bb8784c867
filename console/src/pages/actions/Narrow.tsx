// The lists of plans, and what they are narrowed to. All of it stands in the address.
import { Badge, Button, Drawer, Group, Indicator, ScrollArea, Select, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { planCountQuery } from "../../api/plans";
import { clustersQuery, environmentsQuery } from "../../api/queries";
import classes from "../incidents/Views.module.css";
import type { People } from "../incident/people";
import type { PlanSummary } from "./Row";
import { asked, narrowings, type PlanSearch, type View } from "./search";

const lists: readonly { view?: View; label: string; counted?: boolean }[] = [
  { label: "Open", counted: true },
  { view: "mine", label: "For your vote", counted: true },
  { view: "votes", label: "Needs votes" },
  { view: "running", label: "Approved and running" },
  { view: "hand", label: "By hand" },
  { view: "done", label: "Done" },
  { view: "all", label: "All" },
];

type Change = (search: Partial<Record<keyof PlanSearch, string | undefined>>) => void;
type Props = { search: PlanSearch; change: Change; clear: () => void; people: People; listed: readonly PlanSummary[]; count: number };

export function Narrow({ search, change, clear, people, listed, count }: Props) {
  const [opened, { open, close }] = useDisclosure();
  const { view, ...along } = search;
  const narrow = narrowings(search);
  return (
    <>
      <Group justify="space-between" wrap="nowrap" mb="sm" gap="xs">
        <ScrollArea type="never" style={{ flex: "0 1 auto", minWidth: 0 }}>
          <Group component="nav" aria-label="Lists of plans" gap={4} wrap="nowrap">
            {lists.map(({ view: of, label, counted }) => (
              <span key={label} className={classes["view"]} data-current={view === of || undefined}>
                <Link to="/actions" search={of ? { ...along, view: of } : along} className={classes["link"]} aria-current={view === of ? "page" : undefined}>
                  {label}
                  {counted && <Count search={of ? { ...along, view: of } : along} filled={view === of} />}
                </Link>
              </span>
            ))}
          </Group>
        </ScrollArea>
        <Indicator label={narrow} size={18} disabled={narrow === 0} hiddenFrom="md">
          <Button variant="default" onClick={open} px="sm" leftSection={<IconAdjustmentsHorizontal size={17} aria-hidden />}>
            Filters
          </Button>
        </Indicator>
      </Group>
      <Group gap="xs" mb="sm" visibleFrom="md" wrap="nowrap">
        <Fields search={search} change={change} people={people} listed={listed} />
        {narrow > 0 && (
          <Button variant="subtle" color="gray" size="compact-sm" onClick={clear} style={{ flexShrink: 0 }}>
            Clear filters
          </Button>
        )}
      </Group>
      <Drawer opened={opened} onClose={close} position="bottom" size={460} title="Filters" hiddenFrom="md">
        <Stack pb="md">
          <Fields search={search} change={change} people={people} listed={listed} labelled />
          <Group grow>
            <Button variant="default" onClick={clear} disabled={narrow === 0}>
              Clear
            </Button>
            <Button onClick={close} px="xs">
              Show {count === 1 ? "1 plan" : `${count} plans`}
            </Button>
          </Group>
        </Stack>
      </Drawer>
    </>
  );
}

function Count({ search, filled }: { search: PlanSearch; filled: boolean }) {
  const { data } = useQuery(planCountQuery(asked(search)));
  if (!data) return null;
  return (
    <Badge size="sm" variant={filled ? "filled" : "default"} circle={data.count < 10 && !data.more} tt="none">
      {data.count}
      {data.more && "+"}
    </Badge>
  );
}

function Fields({ search, change, people, listed, labelled = false }: Pick<Props, "search" | "change" | "people" | "listed"> & { labelled?: boolean }) {
  const environments = useQuery(environmentsQuery).data ?? [];
  const clusters = useQuery(clustersQuery).data ?? [];
  const shown = clusters.filter(({ environment }) => !search.environment || environment === search.environment);
  const name = (label: string) => (labelled ? { label, placeholder: "Any" } : { "aria-label": label, placeholder: label });
  const incident = listed.find((plan) => plan.incident === search.incident)?.incident_title;
  return (
    <>
      <Select
        {...name("Environment")}
        clearable
        data={withUnknown(environments, search.environment)}
        value={search.environment ?? null}
        onChange={(environment) => change({ environment: environment ?? undefined, cluster: undefined })}
      />
      <Select {...name("Cluster")} clearable searchable data={withUnknown(shown, search.cluster)} value={search.cluster ?? null} onChange={(cluster) => change({ cluster: cluster ?? undefined })} />
      <Select {...name("Assignee")} clearable searchable data={withUnknown(people.known, search.assignee)} value={search.assignee ?? null} onChange={(assignee) => change({ assignee: assignee ?? undefined })} />
      {search.incident && (
        <Button variant="light" rightSection={<IconX size={15} aria-hidden />} onClick={() => change({ incident: undefined })} style={{ flexShrink: 1, minWidth: 0 }} className="foreign" aria-label="Of every incident again">
          {incident ?? "One incident"}
        </Button>
      )}
    </>
  );
}

/** The choices, and the chosen one even if it is not among them: an address may name what the caller may not list. */
function withUnknown(known: readonly { id: string; name: string }[], chosen: string | undefined) {
  const choices = known.map(({ id, name }) => ({ value: id, label: name }));
  return chosen && !known.some(({ id }) => id === chosen) ? [...choices, { value: chosen, label: chosen }] : choices;
}
