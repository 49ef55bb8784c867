// What pages read, by name. The first word of a key is what `live.ts` marks as stale.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answer, api } from "./client";
import type { operations } from "./schema";

type Narrowing<O extends keyof operations> = Omit<NonNullable<operations[O]["parameters"]["query"]>, "cursor" | "limit">;
export type IncidentQuery = Narrowing<"ListIncidents">;
export type RecordQuery = Narrowing<"ListRecords">;

/** Entries that a long list reads at once. */
const PAGE = 100;
/** Entries of lists that are short by nature (environments, members, keys): all of them, in few pages. */
export const WHOLE_PAGE = 200;

type Page<T> = { items: T[]; next?: string | null };
type Read<T> = (cursor: string | undefined) => Promise<Page<T>>;

/** Reads a list whole, page after page. */
export async function whole<T>(read: Read<T>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** Leaves out what is absent, since the API refuses parameters without a value. */
export function present<T extends object>(query: T): T {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== "")) as T;
}

function at(cursor: string | undefined, limit: number): { cursor?: string; limit: number } {
  return cursor === undefined ? { limit } : { cursor, limit };
}

export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: () => answer(api.GET("/api/v1/sign-in")),
});

export const incidentsQuery = (query: IncidentQuery) =>
  infiniteQueryOptions({
    queryKey: ["incidents", present(query)],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/incidents", { params: { query: { ...present(query), ...at(pageParam, PAGE) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** How many there are of a kind, as far as one page tells. */
export const incidentCountQuery = (query: IncidentQuery) =>
  queryOptions({
    queryKey: ["incidents", "count", present(query)],
    queryFn: async () => {
      const page = await answer(api.GET("/api/v1/incidents", { params: { query: { ...present(query), limit: PAGE } } }));
      return { count: page.items.length, more: page.next != null };
    },
  });

export const incidentQuery = (incident: string) =>
  queryOptions({
    queryKey: ["incident", incident],
    queryFn: () => answer(api.GET("/api/v1/incidents/{incident}", { params: { path: { incident } } })),
  });

export const evidenceQuery = (incident: string, evidence: string) =>
  queryOptions({
    queryKey: ["incident", incident, "evidence", evidence],
    queryFn: () => answer(api.GET("/api/v1/incidents/{incident}/evidence/{evidence}", { params: { path: { incident, evidence } } })),
  });

export const timelineQuery = (incident: string) =>
  queryOptions({
    queryKey: ["incident", incident, "timeline"],
    queryFn: () =>
      whole((cursor) => answer(api.GET("/api/v1/incidents/{incident}/timeline", { params: { path: { incident }, query: at(cursor, WHOLE_PAGE) } }))),
  });

export const commentsQuery = (incident: string) =>
  queryOptions({
    queryKey: ["incident", incident, "comments"],
    queryFn: () =>
      whole((cursor) => answer(api.GET("/api/v1/incidents/{incident}/comments", { params: { path: { incident }, query: at(cursor, WHOLE_PAGE) } }))),
  });

export const sharesQuery = (incident: string) =>
  queryOptions({
    queryKey: ["incident", incident, "shares"],
    queryFn: () =>
      whole((cursor) => answer(api.GET("/api/v1/incidents/{incident}/shares", { params: { path: { incident }, query: at(cursor, WHOLE_PAGE) } }))),
  });

/** The live stream tells of incidents and clusters; the minute is for what ages by itself. */
export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  refetchInterval: 60_000,
  queryFn: () => answer(api.GET("/api/v1/overview")),
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  staleTime: 30_000,
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/environments", { params: { query: at(cursor, WHOLE_PAGE) } }))),
});

export const clustersQuery = queryOptions({
  queryKey: ["clusters"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/clusters", { params: { query: at(cursor, WHOLE_PAGE) } }))),
});

export const clusterQuery = (cluster: string) =>
  queryOptions({
    queryKey: ["clusters", cluster],
    queryFn: () => answer(api.GET("/api/v1/clusters/{cluster}", { params: { path: { cluster } } })),
  });

export const membersQuery = queryOptions({
  queryKey: ["members"],
  staleTime: 30_000,
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/members", { params: { query: at(cursor, WHOLE_PAGE) } }))),
});

export const recordsQuery = (query: RecordQuery) =>
  infiniteQueryOptions({
    queryKey: ["records", present(query)],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/ledger/records", { params: { query: { ...present(query), ...at(pageParam, PAGE) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });

export type TopologyQuery = Narrowing<"GetTopology">;

/** The graph now changes with every pod that comes or goes, of which the live stream does not tell; as it was, it stays. */
const GRAPH_EVERY_MS = 15_000;

export const topologyQuery = (cluster: string, query: TopologyQuery) =>
  queryOptions({
    queryKey: ["topology", cluster, present(query)],
    ...(query.at ? { staleTime: Infinity } : { refetchInterval: GRAPH_EVERY_MS }),
    queryFn: () => answer(api.GET("/api/v1/clusters/{cluster}/topology", { params: { path: { cluster }, query: present(query) } })),
  });

export const topologyInstantsQuery = (cluster: string) =>
  queryOptions({
    queryKey: ["topology-instants", cluster],
    refetchInterval: 60_000,
    queryFn: async () => (await answer(api.GET("/api/v1/clusters/{cluster}/topology/instants", { params: { path: { cluster } } }))).instants,
  });
