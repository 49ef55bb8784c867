// Names for the ids in records. Who may read the ledger may perhaps not read all of them; then the id stands for itself.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { answer, api } from "../../api/client";
import { clustersQuery, environmentsQuery, membersQuery } from "../../api/queries";

const KEYS_AT_ONCE = 200;

const keyNamesQuery = queryOptions({
  queryKey: ["keys", "names"],
  staleTime: 30_000,
  queryFn: () => answer(api.GET("/api/v1/keys", { params: { query: { limit: KEYS_AT_ONCE } } })),
});

export type Choice = { value: string; label: string };
export type Names = {
  /** The name of an id. */
  of: (id: string) => string | undefined;
  /** An actor in words. */
  actor: (actor: string) => string;
  actors: { group: string; items: Choice[] }[];
  environments: Choice[];
};

const machines: Record<string, string> = { key: "Machine key", observer: "Observer of", alerts: "Alert source", share: "Shared link" };

export function useNames(): Names {
  const members = useQuery(membersQuery).data;
  const clusters = useQuery(clustersQuery).data;
  const environments = useQuery(environmentsQuery).data;
  const keys = useQuery(keyNamesQuery).data?.items;
  return useMemo(() => {
    const names = new Map([members, clusters, environments, keys].flatMap((list) => (list ?? []).map(({ id, name }): [string, string] => [id, name])));
    const actor = (text: string): string => {
      if (text === "platform") return "Platform";
      const [kind = "", id = ""] = text.split(":");
      const name = names.get(id);
      if (kind === "account") return name ?? text;
      return machines[kind] && name !== undefined ? `${machines[kind]} ${name}` : text;
    };
    const choices = (kind: string, list: readonly { id: string }[] | undefined) => (list ?? []).map(({ id }) => ({ value: `${kind}:${id}`, label: actor(`${kind}:${id}`) }));
    return {
      environments: (environments ?? []).map(({ id, name }) => ({ value: id, label: name })),
      of: (id) => names.get(id),
      actor,
      actors: [
        { group: "People", items: choices("account", members) },
        { group: "Machines", items: [{ value: "platform", label: "Platform" }, ...choices("observer", clusters), ...choices("key", keys)] },
      ],
    };
  }, [members, clusters, environments, keys]);
}
