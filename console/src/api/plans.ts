// What the pages of plans read, by name.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answer, api, isProblem, type Schemas } from "./client";
import { present, whole, WHOLE_PAGE } from "./queries";
import type { operations } from "./schema";

export type PlanQuery = Omit<NonNullable<operations["ListPlans"]["parameters"]["query"]>, "cursor" | "limit">;

const PAGE = 100;

function at(cursor: string | undefined, limit: number): { cursor?: string; limit: number } {
  return cursor === undefined ? { limit } : { cursor, limit };
}

export const plansQuery = (query: PlanQuery) =>
  infiniteQueryOptions({
    queryKey: ["plans", present(query)],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/plans", { params: { query: { ...present(query), ...at(pageParam, PAGE) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** How many there are, as far as one page tells. */
export const planCountQuery = (query: PlanQuery) =>
  queryOptions({
    queryKey: ["plans", "count", present(query)],
    queryFn: async () => {
      const page = await answer(api.GET("/api/v1/plans", { params: { query: { ...present(query), limit: PAGE } } }));
      return { count: page.items.length, more: page.next != null };
    },
  });

/** What waits for a vote of the caller. */
export const toVoteQuery = planCountQuery({ mine: true });

/** All plans of an incident. */
export const plansOfQuery = (incident: string) =>
  queryOptions({
    queryKey: ["plans", "of", incident],
    queryFn: () => whole((cursor) => answer(api.GET("/api/v1/plans", { params: { query: { incident, ...at(cursor, WHOLE_PAGE) } } }))),
  });

export const planQuery = (plan: string) =>
  queryOptions({
    queryKey: ["plan", plan],
    queryFn: () => answer(api.GET("/api/v1/plans/{plan}", { params: { path: { plan } } })),
  });

export const sshKeysQuery = queryOptions({
  queryKey: ["ssh-keys"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/me/ssh-keys", { params: { query: at(cursor, WHOLE_PAGE) } }))),
});

/** How often an executor is looked after: the live stream does not tell of it. Often while it is awaited. */
const EXECUTOR_EVERY_MS = { awaited: 5_000, known: 30_000 };

/** The executor of a cluster; nothing if there is none. */
export const executorQuery = (cluster: string) =>
  queryOptions({
    queryKey: ["executor", cluster],
    refetchInterval: ({ state: { data } }: { state: { data: Schemas["Executor"] | null | undefined } }) => (data ? (data.seen_at ? EXECUTOR_EVERY_MS.known : EXECUTOR_EVERY_MS.awaited) : false),
    queryFn: async (): Promise<Schemas["Executor"] | null> => {
      try {
        return await answer(api.GET("/api/v1/clusters/{cluster}/executor", { params: { path: { cluster } } }));
      } catch (error) {
        if (isProblem(error, "not_found")) return null;
        throw error;
      }
    },
  });
