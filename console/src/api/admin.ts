// What the settings read, by name, and how they change it.
import { queryOptions, useMutation, useQueryClient, type QueryKey, type UseMutationResult } from "@tanstack/react-query";

import { answer, api, isProblem, type Schemas } from "./client";
import { whole, WHOLE_PAGE } from "./queries";

/** A thing with the version that its `ETag` told, for those whose body has none. */
export type Versioned<T> = { value: T; version: number | undefined };

/** The answer of a call with its version. */
export async function versioned<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Versioned<T>> {
  const got = await call;
  const value = await answer(Promise.resolve(got));
  const tag = /^"(\d+)"$/.exec(got.response.headers.get("etag") ?? "");
  return { value, version: tag?.[1] === undefined ? undefined : Number(tag[1]) };
}

function at(cursor: string | undefined) {
  return { query: cursor === undefined ? { limit: WHOLE_PAGE } : { cursor, limit: WHOLE_PAGE } };
}

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/keys", { params: at(cursor) }))),
});

export const policiesQuery = queryOptions({
  queryKey: ["policies"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/policies", { params: at(cursor) }))),
});

export const alertSourcesQuery = queryOptions({
  queryKey: ["alert-sources"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/alert-sources", { params: at(cursor) }))),
});

export const channelsQuery = queryOptions({
  queryKey: ["channels"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/channels", { params: at(cursor) }))),
});

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/me/sessions", { params: at(cursor) }))),
});

export const passkeysQuery = queryOptions({
  queryKey: ["passkeys"],
  queryFn: () => whole((cursor) => answer(api.GET("/api/v1/me/passkeys", { params: at(cursor) }))),
});

export const tenantQuery = queryOptions({
  queryKey: ["tenant"],
  queryFn: () => answer(api.GET("/api/v1/tenant")),
});

export const groupsQuery = queryOptions({
  queryKey: ["groups"],
  queryFn: () => versioned(api.GET("/api/v1/groups")),
});

export const redactionQuery = (environment: string) =>
  queryOptions({
    queryKey: ["redaction", environment],
    queryFn: () => answer(api.GET("/api/v1/environments/{environment}/redaction", { params: { path: { environment } } })),
  });

/** A member with the version that changes of them are made against. */
export function readMember(account: string): Promise<Versioned<Schemas["Member"]>> {
  return versioned(api.GET("/api/v1/members/{account}", { params: { path: { account } } }));
}

/** A change; what it touches is read anew, whether or not it worked. */
export function useChange<V, T>(make: (value: V) => Promise<T>, touches: readonly QueryKey[]): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: make,
    onSettled: () => {
      for (const queryKey of touches) void queries.invalidateQueries({ queryKey });
    },
  });
}

/** What is wrong with one field; nothing while all is well. */
export function fieldProblem(error: unknown, pointer: string): string | undefined {
  return isProblem(error) ? error.field(pointer) : undefined;
}

/** Whether a problem is told at fields that the form shows, so that it need not be told again. */
export function isToldAtFields(error: unknown, pointers: readonly string[]): boolean {
  return isProblem(error) && error.fields.length > 0 && error.fields.every((field) => pointers.includes(field.pointer));
}

/** Makes the undoing of a change read anew what it touches. */
export function useUndo(touches: readonly QueryKey[]): (undo: () => Promise<unknown>) => () => Promise<void> {
  const queries = useQueryClient();
  return (undo) => async () => {
    await undo();
    await Promise.all(touches.map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
}
