// The zone that instants are shown in: the browser's or UTC, chosen once and kept in this browser.
import { useLocalStorage } from "@mantine/hooks";
import { createContext, useContext, useMemo, useSyncExternalStore, type ReactNode } from "react";

import { absolute, clock, relative } from "./format";

type Zone = { name: string; isUtc: boolean; switchZone: () => void };

const local = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const ZoneContext = createContext<Zone>({ name: local, isUtc: false, switchZone: () => undefined });

export function ZoneProvider({ children }: { children: ReactNode }) {
  const [kept, keep] = useLocalStorage<"local" | "utc">({ key: "assent-zone", defaultValue: "local", getInitialValueInEffect: false });
  const zone = useMemo<Zone>(
    () => ({ name: kept === "utc" ? "UTC" : local, isUtc: kept === "utc", switchZone: () => keep(kept === "utc" ? "local" : "utc") }),
    [kept, keep],
  );
  return <ZoneContext value={zone}>{children}</ZoneContext>;
}

export function useZone(): Zone {
  return useContext(ZoneContext);
}

/** One clock for all relative times, so that they change together and a hidden page does nothing. */
const TICK_MS = 10_000;
let nowMs = Date.now();
const readers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick() {
  if (document.hidden) return;
  nowMs = Date.now();
  readers.forEach((tell) => tell());
}

function subscribe(tell: () => void): () => void {
  readers.add(tell);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    readers.delete(tell);
    if (readers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The present instant, to ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** `3 minutes ago`; the exact instant when pointed at. */
export function Ago({ at }: { at: string }) {
  const zone = useZone();
  const now = useNow();
  // What is newer than the last tick is not to come: it is now.
  const told = Date.parse(at) - now < TICK_MS ? Math.max(now, Date.parse(at)) : now;
  return (
    <time dateTime={at} title={absolute(at, zone.name)}>
      {relative(at, told)}
    </time>
  );
}

/** `2026-03-01 14:05:09 UTC`, or only the time of day. */
export function Instant({ at, short = false }: { at: string; short?: boolean }) {
  const zone = useZone();
  return (
    <time dateTime={at} title={absolute(at, zone.name)}>
      {short ? clock(at, zone.name) : absolute(at, zone.name)}
    </time>
  );
}
