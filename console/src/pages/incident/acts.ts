// What people do with an incident, from the list and from its page. Each says that it was done, and how to take it back.
import { useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { incidentQuery } from "../../api/queries";
import { done, failed } from "../../parts/toast";

type Incident = Schemas["Incident"];
type Summary = Schemas["IncidentSummary"];
type Pages = InfiniteData<Schemas["PageOfIncidentSummary"]>;

/** Puts the answer of a change where pages read it, so that they show it before the live stream tells. */
function take(queries: QueryClient, incident: Incident): void {
  const { summary } = incident;
  queries.setQueryData(incidentQuery(summary.id).queryKey, incident);
  queries.setQueriesData<Pages>({ queryKey: ["incidents"], predicate: ({ queryKey }) => queryKey[1] !== "count" }, (pages) =>
    pages && { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === summary.id ? summary : one)) })) },
  );
  void queries.invalidateQueries({ queryKey: ["incidents"] });
  void queries.invalidateQueries({ queryKey: ["incident", summary.id, "timeline"] });
}

const path = (incident: string) => ({ params: { path: { incident } } });
const call = {
  assign: (id: string, assignee: string | null) => answer(api.POST("/api/v1/incidents/{incident}/assign", { ...path(id), body: assignee === null ? {} : { assignee } })),
  mute: (id: string, for_s: number, reason: string) =>
    answer(api.POST("/api/v1/incidents/{incident}/mute", { ...path(id), body: { for_s, ...(reason && { reason }) } })),
  unmute: (id: string) => answer(api.POST("/api/v1/incidents/{incident}/unmute", path(id))),
  dismiss: (id: string, reason: string) => answer(api.POST("/api/v1/incidents/{incident}/dismiss", { ...path(id), body: { reason } })),
  reopen: (id: string) => answer(api.POST("/api/v1/incidents/{incident}/reopen", path(id))),
};

type Change = (id: string) => Promise<Incident>;

/** Carries a change out on each, one after the other, and takes all of it back when asked. The first that fails ends it. */
async function each(queries: QueryClient, ids: readonly string[], change: Change): Promise<void> {
  for (const id of ids) take(queries, await change(id));
}

export function incidentActs(queries: QueryClient) {
  const act = async (of: readonly Summary[], words: string, change: Change, undo?: Change) => {
    const ids = of.map(({ id }) => id);
    try {
      await each(queries, ids, change);
      const what = ids.length === 1 ? words : `${words}: ${ids.length} incidents`;
      done(what, undo && (() => each(queries, ids, undo)));
    } finally {
      void queries.invalidateQueries({ queryKey: ["incidents"] });
    }
  };
  return {
    assign(of: readonly Summary[], assignee: string | null, name: string) {
      const before = new Map(of.map((one) => [one.id, one.assignee ?? null]));
      const words = assignee === null ? "Nobody has it now" : `Assigned to ${name}`;
      return act(of, words, (id) => call.assign(id, assignee), (id) => call.assign(id, before.get(id) ?? null)).catch(failed);
    },
    mute: (of: readonly Summary[], forS: number, reason: string) => act(of, "Muted", (id) => call.mute(id, forS, reason), call.unmute),
    unmute: (of: readonly Summary[]) => act(of, "No longer muted", call.unmute).catch(failed),
    dismiss: (of: readonly Summary[], reason: string) => act(of, "Dismissed", (id) => call.dismiss(id, reason), call.reopen),
    reopen: (of: readonly Summary[]) => act(of, "Open again", call.reopen).catch(failed),
  };
}

export type IncidentActs = ReturnType<typeof incidentActs>;

export function useIncidentActs(): IncidentActs {
  const queries = useQueryClient();
  return useMemo(() => incidentActs(queries), [queries]);
}
