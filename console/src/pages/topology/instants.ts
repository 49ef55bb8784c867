// The snapshots that are kept of a cluster's graph.
import type { Schemas } from "../../api/client";

export type Instant = Schemas["TopologyInstant"];

/** The newest snapshot that is not after this; one past the last stands for now. */
export function placeAt(instants: readonly Pick<Instant, "at">[], at: string | undefined): number {
  if (at === undefined) return instants.length;
  const asked = Date.parse(at);
  return Math.max(0, instants.findLastIndex((instant) => Date.parse(instant.at) <= asked));
}

/** `3 broken, 1 degraded of 120`. */
export function instantWords({ broken, degraded, nodes }: Pick<Instant, "broken" | "degraded" | "nodes">): string {
  const ill = [broken > 0 ? `${broken} broken` : "", degraded > 0 ? `${degraded} degraded` : ""].filter((part) => part !== "").join(", ");
  return ill === "" ? `all of ${nodes} well` : `${ill} of ${nodes}`;
}
