// The list of incidents: what is wrong now, and whatever else is asked for.
import { ActionIcon, Button, Text } from "@mantine/core";
import { IconArrowUp, IconCheckbox, IconCircleCheck, IconFilterOff } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { usePageKeys } from "../../app/shell/usePageKeys";
import { may } from "../../api/may";
import { incidentsQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";
import { focusedRow, focusSoon, moved, useSteady } from "../../parts/steady";
import { VirtualList } from "../../parts/virtualList";
import { useIncidentActs } from "../incident/acts";
import { Asks, type Asked } from "../incident/Asks";
import { rememberList } from "../incident/lastList";
import { usePeople } from "../incident/people";
import { BulkBar } from "./BulkBar";
import { Filters } from "./Filters";
import { Row, type RowAct, type Summary } from "./Row";
import { asked as askedFor, canonical, narrowings, readIncidentSearch, type IncidentSearch } from "./search";
import { Views } from "./Views";

const ROW_PX = 58;

export function Incidents() {
  const search = useSearch({ from: "/inside/incidents" });
  const navigate = useNavigate();
  const list = useInfiniteQuery({ ...incidentsQuery(askedFor(search)), placeholderData: keepPreviousData });
  const fresh = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { rows, waiting, showAll } = useSteady(fresh, canonical(search), list.isPlaceholderData);

  useEffect(() => rememberList(search), [search]);
  const me = useMe();
  const people = usePeople();
  const acts = useIncidentActs();
  const works = may(me, "work");
  const field = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<string>();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [picking, setPicking] = useState(false);
  const [asked, setAsked] = useState<Asked>();

  const change = (next: Partial<Record<keyof IncidentSearch, string | undefined>>) =>
    void navigate({ to: "/incidents", search: readIncidentSearch({ ...search, ...next }), replace: true });
  const clear = () => change({ text: undefined, severity: undefined, environment: undefined, cluster: undefined, namespace: undefined, cause: undefined, assignee: undefined, fingerprint: undefined });
  const of = rows.filter(({ id }) => picked.has(id));
  const drop = () => {
    setPicked(new Set());
    setPicking(false);
  };

  const onAct = useCallback(
    (act: RowAct, incident: Summary) => {
      if (act === "pick") setPicked((now) => toggled(now, incident.id));
      else if (act === "mine") void acts.assign([incident], me.account ?? null, "you");
      else setAsked({ what: act, of: [incident] });
    },
    [acts, me.account],
  );
  const at = rows.findIndex(({ id }) => id === chosen);
  const here = (act: RowAct) => () => {
    const focused = rows.find(({ id }) => id === focusedRow("incident")) ?? rows[at];
    if (act !== "pick" && of.length > 0) {
      if (act === "mine") void acts.assign(of, me.account ?? null, "you");
      else setAsked({ what: act, of });
    } else if (focused) onAct(act, focused);
  };
  usePageKeys({
    move: (by) => {
      const to = moved(rows, focusedRow("incident") ?? chosen, by);
      setChosen(to);
      focusSoon("incident", to);
    },
    search: () => field.current?.focus(),
    leave: drop,
    others: works ? { x: here("pick"), a: here("mine"), m: here("mute"), d: here("dismiss") } : {},
  });

  return (
    <Page title="Incidents">
      <Views search={search} clear={clear} />
      <Filters
        search={search}
        change={change}
        clear={clear}
        listed={fresh}
        field={field}
        aside={
          works && (
            <ActionIcon variant={picking ? "filled" : "default"} size={36} onClick={() => (picking ? drop() : setPicking(true))} hiddenFrom="sm" aria-pressed={picking} aria-label="Select several">
              <IconCheckbox size={18} />
            </ActionIcon>
          )
        }
      />
      {list.error && <Problem error={list.error} retry={() => void list.refetch()} />}
      {list.isPlaceholderData && list.fetchStatus === "paused" && (
        <Text size="sm" c="dimmed" mb="xs" role="status">
          You are offline. This is the list from before; the filters apply as soon as the platform answers.
        </Text>
      )}
      {waiting > 0 && (
        <Button fullWidth variant="light" size="compact-md" mb="xs" onClick={showAll} leftSection={<IconArrowUp size={15} aria-hidden />}>
          {waiting === 1 ? "1 new incident" : `${waiting} new incidents`}
        </Button>
      )}
      <Text className="only-read" role="status">
        {list.isPending ? "" : `${rows.length}${list.hasNextPage ? " or more" : ""} incidents listed`}
      </Text>
      {list.isPending ? (
        <Lines count={8} height={50} />
      ) : rows.length > 0 ? (
        <VirtualList
          items={rows}
          estimatePx={ROW_PX}
          keyOf={({ id }) => id}
          label="Incidents"
          chosen={at >= 0 ? at : undefined}
          more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          row={(incident) => (
            <Row
              incident={incident}
              picked={picked.has(incident.id)}
              picking={picking || picked.size > 0}
              who={incident.assignee ? people.nameOf(incident.assignee) : undefined}
              mine={incident.assignee != null && incident.assignee === me.account}
              onAct={works ? onAct : undefined}
            />
          )}
        />
      ) : (
        !list.error && <Nothing search={search} clear={clear} />
      )}
      <BulkBar of={of} acts={acts} ask={setAsked} all={() => setPicked(new Set(rows.map(({ id }) => id)))} drop={drop} listed={rows.length} />
      <Asks
        asked={asked}
        acts={acts}
        onClose={(finished) => {
          setAsked(undefined);
          if (finished) drop();
        }}
      />
    </Page>
  );
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function Nothing({ search, clear }: { search: IncidentSearch; clear: () => void }) {
  if (narrowings(search) > 0) {
    return (
      <Empty icon={IconFilterOff} title="No incident matches" action={<Button variant="default" onClick={clear}>Clear filters</Button>}>
        Nothing in this list fits all the filters.
      </Empty>
    );
  }
  if (search.state) return <Empty icon={IconCircleCheck} title="Nothing here">There is no incident in this list.</Empty>;
  return (
    <Empty icon={IconCircleCheck} title="Nothing is wrong" action={<Button component={Link} to="/settings/clusters" variant="default">Clusters that are watched</Button>}>
      No open incident in the clusters that you may see. New ones show here by themselves.
    </Empty>
  );
}
