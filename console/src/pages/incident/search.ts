// What the page of an incident shows of it, as it stands in the address.
import type { Schemas } from "../../api/client";

export type TimelineKind = Schemas["TimelineKind"];
export type IncidentPageSearch = { evidence?: string; kinds?: string };

export const timelineKinds: readonly TimelineKind[] = ["finding", "change", "event", "state", "act"];

export function readIncidentPage({ evidence, kinds }: Record<string, unknown>): IncidentPageSearch {
  const read = readKinds(kinds);
  return {
    ...(typeof evidence === "string" && evidence !== "" ? { evidence } : {}),
    ...(read.length > 0 ? { kinds: read.join(",") } : {}),
  };
}

/** The kinds of a list joined by commas, each once; none means all. */
export function readKinds(list: unknown): TimelineKind[] {
  const words = typeof list === "string" ? list.split(",") : [];
  return timelineKinds.filter((kind) => words.includes(kind));
}
