// What a role is likely to be allowed: it decides which buttons are offered, and nothing else. The server decides what is done.
import type { Me } from "./session";

type Role = Me["grants"][number]["role"];

const rank: Record<string, readonly Role[]> = {
  manage: ["owner", "admin"],
  work: ["owner", "admin", "approver", "operator"],
  audit: ["owner", "admin", "auditor"],
  own: ["owner"],
};

/** Whether one of the caller's grants may carry this: `work` on incidents, `manage` settings, `audit` the ledger, `own` the tenant. */
export function may(me: Me, what: keyof typeof rank & string): boolean {
  return me.grants.some((grant) => rank[what]?.includes(grant.role) ?? false);
}
