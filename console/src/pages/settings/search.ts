// What is open in the settings, as it stands in the address.

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export type ClustersSearch = { cluster?: string };
export type EnvironmentsSearch = { environment?: string };
export type MembersSearch = { tab?: "groups" | "roles"; member?: string };
export type PoliciesSearch = { policy?: string };
export type NotificationsSearch = { channel?: string };
export type RedactionSearch = { environment?: string };

export function readClustersSearch(search: Record<string, unknown>): ClustersSearch {
  const cluster = text(search["cluster"]);
  return cluster === undefined ? {} : { cluster };
}

export function readEnvironmentsSearch(search: Record<string, unknown>): EnvironmentsSearch {
  const environment = text(search["environment"]);
  return environment === undefined ? {} : { environment };
}

export function readMembersSearch(search: Record<string, unknown>): MembersSearch {
  const { tab } = search;
  const member = text(search["member"]);
  return { ...(tab === "groups" || tab === "roles" ? { tab } : {}), ...(member !== undefined && { member }) };
}

/** `new` is one that is being written. */
export function readPoliciesSearch(search: Record<string, unknown>): PoliciesSearch {
  const policy = text(search["policy"]);
  return policy === undefined ? {} : { policy };
}

/** `new` is one that is being made. */
export function readNotificationsSearch(search: Record<string, unknown>): NotificationsSearch {
  const channel = text(search["channel"]);
  return channel === undefined ? {} : { channel };
}

export function readRedactionSearch(search: Record<string, unknown>): RedactionSearch {
  return readEnvironmentsSearch(search);
}
