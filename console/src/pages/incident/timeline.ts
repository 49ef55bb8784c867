// The timeline of an incident, put in order for reading.
import type { Schemas } from "../../api/client";
import { absolute } from "../../time/format";
import type { TimelineKind } from "./search";

export type Entry = Schemas["TimelineEntry"];
export type Day = { day: string; entries: Entry[] };

/** Newest first, by day of the zone; only the kinds asked for, all if none is. Entries of one instant stay in the order they were told. */
export function days(entries: readonly Entry[], kinds: readonly TimelineKind[], zone: string): Day[] {
  const wanted = entries.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
  const newest = wanted
    .map((entry, index) => ({ entry, index, at: Date.parse(entry.at) }))
    .sort((a, b) => b.at - a.at || b.index - a.index)
    .map(({ entry }) => entry);
  const found: Day[] = [];
  for (const entry of newest) {
    const day = absolute(entry.at, zone).split(" ")[0] ?? "";
    const last = found.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else found.push({ day, entries: [entry] });
  }
  return found;
}

/** How many of each kind there are. */
export function counts(entries: readonly Entry[]): ReadonlyMap<TimelineKind, number> {
  const found = new Map<TimelineKind, number>();
  for (const { kind } of entries) found.set(kind, (found.get(kind) ?? 0) + 1);
  return found;
}
