// Whether an observer could reach this platform under an address.

export type EndpointWords = { level: "error" | "warning"; words: string } | undefined;

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}

/** What to begin with: the address of this page, if an observer could use it. */
export function firstEndpoint(origin: string): string {
  return endpointWords(origin)?.level === "error" ? "" : origin;
}

/** What is wrong, or may be, with an address that observers are to use. */
export function endpointWords(endpoint: string): EndpointWords {
  let url: URL;
  try {
    url = new URL(endpoint.trim());
  } catch {
    return { level: "error", words: "An address begins with https:// and names a host, as in https://assent.example.com." };
  }
  if (url.protocol !== "https:") return { level: "error", words: "Observers in clusters speak HTTPS, so the address begins with https://." };
  if (url.username || url.password || url.search || url.hash) return { level: "error", words: "Only scheme, host and port, please." };
  if (isLoopback(url.hostname)) return { level: "warning", words: "This address leads to the machine itself: in a cluster, to the observer’s own pod. Name the platform as the cluster sees it." };
  return undefined;
}

/** A name as Kubernetes takes it, said while it is typed. */
export function labelWords(name: string): string | undefined {
  if (name === "" || /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return undefined;
  return "1 to 63 of a-z, 0-9 and -, neither first nor last a -";
}
