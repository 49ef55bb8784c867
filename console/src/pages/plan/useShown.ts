// A plan read from its bytes, held against what the platform says of it.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Schemas } from "../../api/client";
import { useMe } from "../../api/session";
import { checkShown } from "../../plan/check";
import { tryPlan, type Plan } from "../../plan/plan";

export type Agreement = { is: "checking" } | { is: "agrees" } | { is: "differs"; why: string };
export type ShownPlan = { plan: Plan | undefined; agreement: Agreement };

export function useShown({ bytes, digest, statement, summary: { cluster } }: Schemas["Plan"]): ShownPlan {
  const { tenant } = useMe();
  const read = useMemo(() => tryPlan(bytes), [bytes]);
  const { data, error } = useQuery({
    queryKey: ["agrees", bytes, digest, statement, tenant, cluster],
    staleTime: Infinity,
    retry: false,
    // Nothing is asked of the network; a page that is offline checks as well.
    networkMode: "always",
    queryFn: async () => {
      await checkShown({ bytes, digest, statement, tenant, cluster });
      return true;
    },
  });
  const why = "unreadable" in read ? read.unreadable : error?.message;
  return {
    plan: "plan" in read ? read.plan : undefined,
    agreement: why !== undefined ? { is: "differs", why } : data ? { is: "agrees" } : { is: "checking" },
  };
}
