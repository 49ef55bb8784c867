// A countdown. All of a page tick together, each second, and a hidden page does nothing.
import { useSyncExternalStore } from "react";

import { absolute } from "./format";
import { left } from "./left";
import { useZone } from "./zone";

const TICK_MS = 1_000;
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
  if (timer === undefined) {
    timer = setInterval(tick, TICK_MS);
    // Nobody read this clock for a while.
    queueMicrotask(tick);
  }
  return () => {
    readers.delete(tell);
    if (readers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** How long it is until then, in words; nothing once it is over. It renders anew only when the words change. */
export function useLeft(until: string): string | undefined {
  return useSyncExternalStore(subscribe, () => left(until, nowMs));
}

/** `41 min left`, always as wide; the exact instant when pointed at. */
export function Left({ until, over = "over" }: { until: string; over?: string }) {
  const zone = useZone();
  const words = useLeft(until);
  return (
    <time dateTime={until} title={absolute(until, zone.name)} style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
      {words === undefined ? over : `${words} left`}
    </time>
  );
}
