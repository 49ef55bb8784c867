// Grants in words, and what may be given.
import type { Schemas } from "../../api/client";

export type Grant = Schemas["Grant"];
export type Role = Schemas["Role"];

export const roleOrder: readonly Role[] = ["owner", "admin", "approver", "operator", "viewer", "auditor"];

export const roleWords: Record<Role, { word: string; about: string }> = {
  owner: { word: "Owner", about: "Everything, the export and deletion of the organisation included." },
  admin: { word: "Admin", about: "Members, environments, clusters, keys, policies, redaction. Not the export or deletion of the organisation." },
  approver: { word: "Approver", about: "Reads, works on incidents, and votes on plans." },
  operator: { word: "Operator", about: "Reads, and works on incidents: comments, mutes, dismisses, reruns." },
  viewer: { word: "Viewer", about: "Reads incidents and reports, and changes nothing." },
  auditor: { word: "Auditor", about: "Reads everything that was recorded, the ledger included, and changes nothing." },
};

/** What holding a role includes, for giving it on: an owner holds all, an admin all but ownership, and so on down. */
const contained: Record<Role, readonly Role[]> = {
  owner: roleOrder,
  admin: ["admin", "approver", "operator", "viewer", "auditor"],
  approver: ["approver", "operator", "viewer"],
  operator: ["operator", "viewer"],
  viewer: ["viewer"],
  auditor: ["auditor", "viewer"],
};

/** Whether somebody with these grants may give this one: nobody gives what they do not hold. */
export function mayGive(own: readonly Grant[], given: Grant): boolean {
  const namespaces = given.namespaces ?? [];
  return own.some((held) => {
    const within = held.namespaces ?? [];
    return (
      contained[held.role].includes(given.role) &&
      (!held.environment || held.environment === given.environment) &&
      (within.length === 0 || (namespaces.length > 0 && namespaces.every((namespace) => within.includes(namespace))))
    );
  });
}

/** `Operator in prod, namespaces shop and billing`. */
export function grantText(grant: Grant, environments: ReadonlyMap<string, string>): string {
  const where = grant.environment ? ` in ${environments.get(grant.environment) ?? grant.environment}` : " everywhere";
  const namespaces = grant.namespaces ?? [];
  if (namespaces.length === 0) return `${roleWords[grant.role].word}${where}`;
  const listed = namespaces.length === 1 ? `namespace ${namespaces[0]}` : `namespaces ${namespaces.slice(0, -1).join(", ")} and ${namespaces.at(-1)}`;
  return grant.environment ? `${roleWords[grant.role].word}${where}, ${listed}` : `${roleWords[grant.role].word} in ${listed}`;
}

/** Namespaces as they are typed: with commas, spaces or on lines of their own. */
export function readNamespaces(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((word) => word !== ""))];
}

/** Without those parts that are empty, as the API takes them. */
export function tidy({ role, environment, namespaces }: Grant): Grant {
  return { role, ...(environment && { environment }), ...(namespaces && namespaces.length > 0 && { namespaces }) };
}

export function sameGrants(a: readonly Grant[], b: readonly Grant[]): boolean {
  const texts = (grants: readonly Grant[]) => grants.map((grant) => JSON.stringify([grant.role, grant.environment ?? null, [...(grant.namespaces ?? [])].sort()])).sort();
  return JSON.stringify(texts(a)) === JSON.stringify(texts(b));
}
