// The names of those who have incidents. Not everyone may read the list of members; then an account that is not one's own has no name.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { isProblem } from "../../api/client";
import { membersQuery } from "../../api/queries";
import { useMe } from "../../api/session";

export type People = {
  known: { id: string; name: string }[];
  nameOf: (account: string) => string;
  /** The same for `account:acc_…` and `key:key_…`, as records name them. */
  nameOfActor: (actor: string) => string;
  /** A text with names in the place of accounts. */
  named: (text: string) => string;
};

export function usePeople(): People {
  const me = useMe();
  const { data } = useQuery({ ...membersQuery, retry: (failures, error) => failures < 2 && !isProblem(error, "refused", "not_found") });
  return useMemo(() => {
    const active = (data ?? []).filter(({ state }) => state === "active").map(({ id, name }) => ({ id, name }));
    const known = me.account && !active.some(({ id }) => id === me.account) ? [{ id: me.account, name: me.name }, ...active] : active;
    const names = new Map((data ?? []).map(({ id, name }) => [id, name]));
    if (me.account) names.set(me.account, me.name);
    const nameOf = (account: string) => names.get(account) ?? "Somebody";
    const nameOfActor = (actor: string) => {
      const [kind, id = ""] = actor.split(":", 2);
      return kind === "account" ? nameOf(id) : kind === "key" ? "a machine key" : actor;
    };
    return { known, nameOf, nameOfActor, named: (text) => text.replace(/acc_[0-9a-f]{32}/g, nameOf) };
  }, [data, me]);
}
