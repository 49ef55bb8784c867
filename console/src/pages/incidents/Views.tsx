// The lists that are wanted often, with how much each holds: the fixed ones, and those that somebody saved.
import { ActionIcon, Badge, Button, Group, Popover, ScrollArea, TextInput, Tooltip } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { incidentCountQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { done } from "../../parts/toast";
import { current, NAME_CHARS_MAX, readSaved, withoutSaved, withSaved, type SavedFilter } from "./savedFilters";
import { allStates, asked, canonical, closedStates, narrowings, type IncidentSearch } from "./search";
import classes from "./Views.module.css";

export function Views({ search, clear }: { search: IncidentSearch; clear: () => void }) {
  const me = useMe();
  const [saved, keep] = useLocalStorage<SavedFilter[]>({
    key: `assent-incident-filters-${me.tenant}`,
    defaultValue: [],
    deserialize: readSaved,
    getInitialValueInEffect: false,
  });
  const mine: SavedFilter[] = me.account ? [{ name: "Mine", search: { assignee: me.account } }] : [];
  const exact = current([...mine, ...saved], search);
  // The other filters go along from one state to another; those of a list with a name stay with it.
  const { state, ...others } = search;
  const along = exact ? {} : others;
  const byState: SavedFilter[] = [
    { name: "Open", search: along },
    { name: "Muted", search: { ...along, state: "muted" } },
    { name: "Closed", search: { ...along, state: closedStates.join(",") } },
    { name: "All", search: { ...along, state: allStates.join(",") } },
  ];
  const shown = exact ?? byState.find((one) => one.search.state === state);
  const forget = (one: SavedFilter) => {
    keep(withoutSaved(saved, one.name));
    done(`Forgot the filter “${one.name}”`, () => Promise.resolve(keep((now) => withSaved(now, one.name, one.search))));
  };
  return (
    <Group gap="xs" mb="sm" wrap="nowrap" align="center">
      <ScrollArea type="never" style={{ flex: "0 1 auto", minWidth: 0 }}>
        <Group component="nav" aria-label="Lists of incidents" gap={4} wrap="nowrap">
          {[...byState, ...mine].map((one) => (
            <View key={one.name} one={one} current={shown === one} />
          ))}
          {saved.map((one) => (
            <View key={`saved ${one.name}`} one={one} current={shown === one} forget={() => forget(one)} />
          ))}
        </Group>
      </ScrollArea>
      {narrowings(search) > 0 && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={clear} visibleFrom="md" style={{ flexShrink: 0 }}>
          Clear filters
        </Button>
      )}
      {!exact && narrowings(search) > 0 && <Save keep={(name) => keep((now) => withSaved(now, name, search))} key={canonical(search)} />}
    </Group>
  );
}

function View({ one, current, forget }: { one: SavedFilter; current: boolean; forget?: () => void }) {
  const { data } = useQuery(incidentCountQuery(asked(one.search)));
  return (
    <span className={classes["view"]} data-current={current || undefined}>
      <Link to="/incidents" search={one.search} className={classes["link"]} aria-current={current ? "page" : undefined}>
        <span className="foreign">{one.name}</span>
        {data && (
          <Badge size="sm" variant={current ? "filled" : "default"} circle={data.count < 10 && !data.more} tt="none">
            {data.count}
            {data.more ? "+" : ""}
          </Badge>
        )}
      </Link>
      {forget && current && (
        <ActionIcon variant="subtle" color="gray" size="sm" onClick={forget} aria-label={`Forget the filter ${one.name}`}>
          <IconX size={14} />
        </ActionIcon>
      )}
    </span>
  );
}

function Save({ keep }: { keep: (name: string) => void }) {
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState("");
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus position="bottom-end" withArrow>
      <Popover.Target>
        <Tooltip label="Keep these filters under a name, in this browser">
          <Button variant="subtle" size="compact-sm" leftSection={<IconBookmark size={15} aria-hidden />} onClick={() => setOpened(!opened)} style={{ flexShrink: 0 }}>
            Save filter
          </Button>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() === "") return;
            keep(name);
            setOpened(false);
          }}
        >
          <Group gap="xs" align="flex-end" wrap="nowrap">
            <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={NAME_CHARS_MAX} data-autofocus />
            <Button type="submit" disabled={name.trim() === ""}>
              Save
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
