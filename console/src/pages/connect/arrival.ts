// How far a new cluster has come: from an applied manifest to a cluster whose health is known.
import type { Schemas } from "../../api/client";

type Cluster = Pick<Schemas["Cluster"], "connection" | "objects" | "health" | "created_at" | "open_incidents" | "observer">;

export type Step = { title: string; state: "done" | "now" | "later" | "wrong"; words: string };
export type Arrival = { steps: readonly Step[]; arrived: boolean; stuck: "waiting" | "empty" | "unjudged" | "silent" | "revoked" | undefined };

/** Seconds after which something is likely to be wrong. */
export const PATIENCE_S = 60;

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** `sinceMs`: when the waiting began, which is later than the cluster's making for somebody who came back. */
export function arrival(cluster: Cluster, sinceMs: number, nowMs: number): Arrival {
  const waitedS = Math.round((nowMs - Math.max(sinceMs, Date.parse(cluster.created_at))) / 1000);
  const late = waitedS >= PATIENCE_S;
  const { connection, objects, health } = cluster;
  const heard = connection !== "waiting";
  const knows = heard && objects > 0;
  const judged = knows && health !== "unknown";
  const bad = connection === "revoked" || connection === "silent";
  const stuck = connection === "revoked" || connection === "silent" ? connection : judged || !late ? undefined : !heard ? "waiting" : !knows ? "empty" : "unjudged";
  const state = (done: boolean, before: boolean): Step["state"] => (done ? "done" : before ? (bad ? "wrong" : "now") : "later");
  return {
    arrived: judged && !bad,
    stuck,
    steps: [
      {
        title: "The observer says hello",
        state: heard ? (bad ? "wrong" : "done") : "now",
        words:
          connection === "revoked"
            ? "Its key is revoked."
            : connection === "silent"
              ? "It was heard before, but not within two minutes."
              : heard
                ? `Version ${cluster.observer?.version ?? "unknown"}, connected.`
                : "Waiting for its first call. It usually takes less than half a minute once the manifest is applied.",
      },
      {
        title: "Facts arrive",
        state: state(knows, heard),
        words: knows ? `${count(objects, "object", "objects")} so far.` : "It lists what is there, kind by kind.",
      },
      {
        title: "Its health is known",
        state: state(judged, knows),
        words: !judged
          ? "Once each kind of the core profile has been listed."
          : cluster.open_incidents > 0
            ? `${count(cluster.open_incidents, "open incident", "open incidents")}.`
            : "Nothing is wrong.",
      },
    ],
  };
}
