// Which cluster is being waited for, as it stands in the address.
export type ConnectSearch = { cluster?: string; environment?: string };

export function readConnectSearch({ cluster, environment }: Record<string, unknown>): ConnectSearch {
  return {
    ...(typeof cluster === "string" && cluster !== "" && { cluster }),
    ...(typeof environment === "string" && environment !== "" && { environment }),
  };
}
