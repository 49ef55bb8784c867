// What the policies that ship let a caller do, so that a button that would be refused says why beforehand. A tenant's own policies may
// say otherwise: the server decides.
import type { Schemas } from "./client";

type Grant = Schemas["Grant"];
type Role = Schemas["Role"];
export type Action = Schemas["Action"];

/** Where something is: in an environment, or nowhere but in the tenant. */
export type Place = { environment?: string; criticality?: Schemas["Criticality"] };

const managers: readonly Role[] = ["owner", "admin"];
const voters: readonly Role[] = ["owner", "admin", "approver"];
const workers: readonly Role[] = ["owner", "admin", "approver", "operator"];
const informed: readonly Role[] = [...workers, "auditor"];
const everybody: readonly Role[] = [...informed, "viewer"];

const roles: Record<Action, readonly Role[]> = {
  "tenant.read": everybody,
  "tenant.update": managers,
  "tenant.export": ["owner"],
  "tenant.delete": ["owner"],
  "tenant.create": ["owner"],
  "member.read": informed,
  "member.manage": managers,
  "environment.read": everybody,
  "environment.manage": managers,
  "cluster.read": everybody,
  "cluster.manage": managers,
  "key.read": [...managers, "auditor"],
  "key.manage": managers,
  "incident.read": everybody,
  "incident.comment": workers,
  "incident.manage": workers,
  "incident.share": workers,
  "ledger.read": [...managers, "auditor"],
  "ledger.export": [...managers, "auditor"],
  "policy.read": informed,
  "policy.manage": managers,
  "redaction.read": informed,
  "redaction.manage": managers,
  "alert_source.read": informed,
  "alert_source.manage": managers,
  "channel.read": informed,
  "channel.manage": managers,
  "event.read": everybody,
  "plan.read": everybody,
  "plan.propose": workers,
  "plan.vote": voters,
  "executor.manage": managers,
};
/** Everything that can be asked about, in the order of the settings. */
export const actions = Object.keys(roles) as readonly Action[];
/** In a lab, those who work there connect clusters and alerts by themselves. */
const inLab: readonly Action[] = ["cluster.manage", "alert_source.manage"];

function covers(grant: Grant, place: Place): boolean {
  // Grants for namespaces reach nothing that the settings show: none of it is bound to a namespace.
  if ((grant.namespaces?.length ?? 0) > 0) return false;
  return !grant.environment || grant.environment === place.environment;
}

/** Whether one of these grants lets its holder do this there. */
export function allowed(grants: readonly Grant[], action: Action, place: Place = {}): boolean {
  const lab = place.criticality === "lab" && inLab.includes(action);
  return grants.some((grant) => covers(grant, place) && (roles[action].includes(grant.role) || (lab && workers.includes(grant.role))));
}

/** Whether one of these grants lets its holder do this anywhere. */
export function allowedSomewhere(grants: readonly Grant[], action: Action): boolean {
  return grants.some((grant) => (grant.namespaces?.length ?? 0) === 0 && (roles[action].includes(grant.role) || (inLab.includes(action) && workers.includes(grant.role))));
}

const titles: Record<Role, string> = { owner: "owners", admin: "admins", approver: "approvers", operator: "operators", viewer: "viewers", auditor: "auditors" };

/** Why a button is off: who may do this. */
export function whoMay(action: Action): string {
  const names = roles[action].map((role) => titles[role]);
  const last = names.at(-1) ?? "";
  return `Only ${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last} may do this.`;
}
