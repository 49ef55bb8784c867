// Who did what, newest first.
import { Button, Group, Text } from "@mantine/core";
import { IconArrowUp, IconNotebook, IconSearchOff } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";

import { forPage } from "../../app/shell/Shortcuts";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";
import { VirtualList } from "../../parts/virtualList";
import { useNow } from "../../time/zone";
import { Export } from "./Export";
import { Filters } from "./Filters";
import classes from "./Ledger.module.css";
import { useNames } from "./names";
import { RecordRow } from "./RecordRow";
import { isNarrowed, toQuery, type RecordSearch } from "./search";
import { useRecords } from "./useRecords";

const MINUTE_MS = 60_000;
/** Scrolled by no more than this, one looks at the top, and new records may push the others down. */
const TOP_PX = 160;

export function Ledger() {
  const search = useSearch({ from: "/inside/ledger" });
  const navigate = useNavigate();
  const names = useNames();
  const minute = Math.floor(useNow() / MINUTE_MS);
  const query = useMemo(() => toQuery(search, minute * MINUTE_MS), [search, search.range ? minute : 0]);
  const { records, more, searchesOn, isPending, error, refetch, isPlaceholderData, isFetchingNextPage, isFetchNextPageError } = useRecords(query);
  const [seenTop, setSeenTop] = useState<number>();
  const [chosen, setChosen] = useState<number>();
  const first = useRef<HTMLInputElement>(null);

  // New records wait while one reads further down, so that nothing moves under the eyes.
  const atTop = useAtTop();
  const top = records[0]?.index;
  useEffect(() => {
    if (atTop || seenTop === undefined) setSeenTop(top);
  }, [atTop, top, seenTop]);
  const waiting = atTop || seenTop === undefined ? 0 : records.findIndex(({ index }) => index <= seenTop);
  const shown = waiting > 0 ? records.slice(waiting) : records;
  const place = chosen === undefined ? -1 : shown.findIndex(({ index }) => index === chosen);

  const change = (next: RecordSearch) => {
    setChosen(undefined);
    setSeenTop(undefined);
    void navigate({ to: "/ledger", search: next, replace: true });
  };
  useEffect(() => {
    const stop = new AbortController();
    const move = (by: number) => setChosen(shown[Math.min(Math.max(place + by, 0), shown.length - 1)]?.index);
    const onKey = (event: KeyboardEvent) => {
      if (!forPage(event)) return;
      if (event.key === "j") move(1);
      else if (event.key === "k") move(-1);
      else if (event.key === "Enter" && chosen !== undefined && document.activeElement === document.body) void navigate({ to: "/ledger/$index", params: { index: String(chosen) } });
      else if (event.key === "/") {
        event.preventDefault();
        first.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey, { signal: stop.signal });
    return () => stop.abort();
  }, [shown, place, chosen, navigate]);
  const seen = useMemo(() => new Set(records.map(({ action }) => action)), [records]);

  return (
    <Page title="Ledger" about="What was done here and what was refused, by whom and when. Nothing in it can be changed or taken out unnoticed." actions={<Export query={query} />} wide>
      <Filters search={search} change={change} names={names} seen={seen} first={first} />
      <div role="status" aria-live="polite" className={classes["new"]}>
        {waiting > 0 && (
          <Button size="xs" radius="xl" leftSection={<IconArrowUp size={14} />} onClick={() => window.scrollTo({ top: 0 })}>
            {waiting} new {waiting === 1 ? "record" : "records"}
          </Button>
        )}
      </div>
      <div className={classes["head"]} aria-hidden style={{ marginTop: "var(--mantine-spacing-md)" }}>
        <span>Record</span>
        <span>When</span>
        <span>Who</span>
        <span>What</span>
        <span>To what</span>
        <span>Outcome</span>
      </div>
      {isPending && <Lines count={12} height={40} />}
      {error && records.length === 0 && <Problem error={error} retry={() => void refetch()} />}
      <div style={{ opacity: isPlaceholderData ? 0.6 : 1 }}>
        <VirtualList
          items={shown}
          estimatePx={43}
          keyOf={({ index }) => String(index)}
          row={(record) => <RecordRow record={record} names={names} chosen={record.index === chosen} />}
          more={more}
          chosen={place >= 0 ? place : undefined}
          label="Records"
        />
      </div>
      {!isPending && !error && records.length === 0 && !isFetchingNextPage && <Nothing narrowed={isNarrowed(search)} clear={() => change({})} />}
      {isFetchNextPageError && <Problem error={error} retry={more} />}
      {searchesOn && (
        <Group justify="center" my="md">
          <Text size="sm" c="dimmed">
            Nothing more was found in the records that were looked at so far.
          </Text>
          <Button size="xs" variant="default" onClick={more} loading={isFetchingNextPage}>
            Search further back
          </Button>
        </Group>
      )}
    </Page>
  );
}

function Nothing({ narrowed, clear }: { narrowed: boolean; clear: () => void }) {
  if (!narrowed) return <Empty icon={IconNotebook} title="Nothing was recorded yet" />;
  return (
    <Empty icon={IconSearchOff} title="No record fits these filters" action={<Button variant="default" onClick={clear}>Clear filters</Button>}>
      What did not happen is not recorded. Widen the time, or leave out a filter.
    </Empty>
  );
}

function useAtTop(): boolean {
  const [atTop, setAtTop] = useState(() => window.scrollY <= TOP_PX);
  useEffect(() => {
    const look = () => setAtTop(window.scrollY <= TOP_PX);
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  return atTop;
}
