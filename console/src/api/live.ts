// The live stream. One tab of a browser reads it and tells the others, since a browser keeps few connections to one host.
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import type { Schemas } from "./client";
import { meQuery } from "./session";

type Event = Schemas["Event"];
export type LiveState = "connecting" | "live" | "lost";
type Told = { event: Event } | { state: LiveState } | { ask: "state" };

const CHANNEL = "assent-live";
/** Events that come together are taken together: a burst reloads a list once. */
const BURST_MS = 150;
const RETRY_MS = { first: 1_000, most: 30_000 };
/** The platform gives a sign of life every 15 seconds: after two and a half without one, the stream is dead. */
const SILENCE_MS = 38_000;

let state: LiveState = "connecting";
const readers = new Set<() => void>();

function become(next: LiveState): void {
  if (next === state) return;
  state = next;
  readers.forEach((tell) => tell());
}

function subscribe(tell: () => void): () => void {
  readers.add(tell);
  return () => readers.delete(tell);
}

/** Whether what the page shows is kept up to date. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => state);
}

/** Follows the stream until the returned function is called. */
export function follow(queries: QueryClient): () => void {
  const ended = new AbortController();
  const channel = new BroadcastChannel(CHANNEL);
  const refresh = inBursts((events) => invalidate(queries, events));
  let leads = false;

  const hear = (told: Told) => {
    if ("event" in told) refresh.add(told.event);
    else if ("state" in told) {
      // Whatever happened while nothing was heard is unknown: read all anew.
      if (told.state === "live" && state === "lost") refresh.add({ type: "gap" });
      become(told.state);
    }
  };
  const tell = (told: Told) => {
    channel.postMessage(told);
    hear(told);
  };
  channel.onmessage = ({ data }: MessageEvent<Told>) => {
    if ("ask" in data) {
      if (leads) channel.postMessage({ state } satisfies Told);
    } else if (!leads) hear(data);
  };
  channel.postMessage({ ask: "state" } satisfies Told);

  const lead = () => {
    leads = true;
    return read(tell, ended.signal, () => void queries.invalidateQueries({ queryKey: meQuery.queryKey }));
  };
  const alone = () => void lead();
  if (navigator.locks) {
    navigator.locks.request(CHANNEL, { signal: ended.signal }, lead).catch((error: unknown) => {
      if (!ended.signal.aborted) throw error;
    });
  } else alone();

  return () => {
    ended.abort();
    refresh.stop();
    channel.close();
    become("connecting");
  };
}

/** Reads the stream, and comes back whenever it breaks, until it is told to end. */
async function read(tell: (told: Told) => void, ended: AbortSignal, lost: () => void): Promise<void> {
  let after: string | undefined;
  let wait = RETRY_MS.first;
  while (!ended.aborted) {
    await new Promise<void>((done) => {
      const source = new EventSource(after === undefined ? "/api/v1/events" : `/api/v1/events?after=${after}`);
      let silence: ReturnType<typeof setTimeout> | undefined;
      const close = () => {
        clearTimeout(silence);
        source.close();
        done();
      };
      const hear = () => {
        clearTimeout(silence);
        silence = setTimeout(close, SILENCE_MS);
      };
      hear();
      ended.addEventListener("abort", close, { once: true });
      source.addEventListener("alive", hear);
      source.onopen = () => {
        hear();
        wait = RETRY_MS.first;
        tell({ state: "live" });
      };
      source.onmessage = ({ data, lastEventId }: MessageEvent<string>) => {
        hear();
        after = lastEventId || after;
        tell({ event: JSON.parse(data) as Event });
      };
      source.onerror = () => {
        ended.removeEventListener("abort", close);
        close();
      };
    });
    if (ended.aborted) return;
    tell({ state: "lost" });
    // The session may be what ended; then the page goes to the sign-in.
    lost();
    await pause(wait, ended);
    wait = Math.min(wait * 2, RETRY_MS.most);
  }
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    ended.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
    window.addEventListener("online", () => (clearTimeout(timer), done()), { once: true, signal: ended });
  });
}

function inBursts(flush: (events: Event[]) => void) {
  let waiting: Event[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    add(event: Event) {
      waiting.push(event);
      timer ??= setTimeout(() => {
        timer = undefined;
        flush(waiting.splice(0));
      }, BURST_MS);
    },
    stop() {
      clearTimeout(timer);
      waiting = [];
    },
  };
}

/** Marks what the events concern as stale; only what is on the page is read again. */
export function invalidate(queries: QueryClient, events: readonly Event[]): void {
  if (events.some((event) => event.type === "gap")) {
    void queries.invalidateQueries();
    return;
  }
  const touched = new Set<string>();
  for (const event of events) {
    if (event.type === "incident") {
      touched.add(JSON.stringify(["incident", event.incident])).add('["incidents"]').add('["overview"]').add('["topology"]');
    } else if (event.type === "cluster") {
      touched.add('["clusters"]').add('["overview"]').add(JSON.stringify(["topology", event.cluster]));
    } else if (event.type === "plan") {
      touched.add(JSON.stringify(["plan", event.plan])).add('["plans"]');
    }
  }
  for (const key of touched) void queries.invalidateQueries({ queryKey: JSON.parse(key) as unknown[] });
}
