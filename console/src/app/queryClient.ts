import { QueryCache, QueryClient } from "@tanstack/react-query";

import { isProblem } from "../api/client";
import { meQuery } from "../api/session";

const RETRIES = 2;

/** What is read is kept fresh by the live stream, so pages read again only when told, or when the window comes back. */
export function makeQueryClient(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      // A session that ended elsewhere is noticed by whatever page asks first; the shell then goes to the sign-in.
      onError: (error) => {
        if (isProblem(error, "not_signed_in")) queries.setQueryData(meQuery.queryKey, null);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < RETRIES && isProblem(error, "unreachable", "unavailable"),
      },
    },
  });
  return queries;
}
