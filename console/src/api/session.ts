// Who is signed in. One query, which every page may read; what it says is what the server said last.
import { queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";

import { answer, api, isProblem, setCsrfToken, type Schemas } from "./client";

export type Me = Schemas["Me"];

export const meQuery = queryOptions({
  queryKey: ["me"],
  staleTime: 60_000,
  retry: (failures, error) => failures < 2 && isProblem(error, "unreachable", "unavailable"),
  queryFn: async (): Promise<Me | null> => {
    try {
      const me = await answer(api.GET("/api/v1/me"));
      setCsrfToken(me.csrf_token);
      return me;
    } catch (error) {
      if (!isProblem(error, "not_signed_in")) throw error;
      setCsrfToken(undefined);
      return null;
    }
  },
});

/** Who is signed in, inside the pages that need it. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error("a page that needs a session was shown without one");
  return data;
}

/** Takes over a fresh session. Whatever was read by another one is forgotten. */
export function signedIn(queries: QueryClient, { me, csrf_token }: Schemas["SignedIn"]): void {
  queries.clear();
  setCsrfToken(csrf_token);
  queries.setQueryData(meQuery.queryKey, me);
}

/** Ends the session here and on the server. */
export async function signOut(queries: QueryClient): Promise<void> {
  await answer(api.POST("/api/v1/sign-out")).catch((error: unknown) => {
    if (!isProblem(error, "not_signed_in")) throw error;
  });
  setCsrfToken(undefined);
  queries.clear();
  queries.setQueryData(meQuery.queryKey, null);
}
