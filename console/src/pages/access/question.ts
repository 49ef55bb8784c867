// What a command line asks, as it stands in the address that `assent login` prints; and where the browser may be sent with the answer.
import type { Schemas } from "../../api/client";

export type CommandLine = Schemas["CommandLine"];
export type CommandLineSearch = { challenge?: string; host?: string; loopback?: "v4" | "v6"; port?: number; state?: string };

/** 256 bits in base64url. */
const word = /^[\w-]{43}$/;
const HOST_CHARS_MAX = 64;

/** Reads the address. Numbers and texts look alike there, so each is read as what it should be. */
export function readCommandLineSearch({ challenge, host, loopback, port, state }: Record<string, unknown>): CommandLineSearch {
  const [asked, name, own, at] = [text(challenge), text(host), text(state), Number(port)];
  return {
    ...(asked !== undefined && word.test(asked) && { challenge: asked }),
    ...(name !== undefined && name !== "" && [...name].length <= HOST_CHARS_MAX && { host: name }),
    ...((loopback === "v4" || loopback === "v6") && { loopback }),
    ...(port !== undefined && Number.isInteger(at) && at >= 1_024 && at <= 65_535 && { port: at }),
    ...(own !== undefined && word.test(own) && { state: own }),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** The question, if the address is whole. One that names a part of where to go back to must name all of it. */
export function askedBy({ challenge, host, loopback, port, state }: CommandLineSearch): CommandLine | undefined {
  if (challenge === undefined || host === undefined) return undefined;
  if (loopback === undefined && port === undefined && state === undefined) return { challenge, host };
  if (loopback === undefined || port === undefined || state === undefined) return undefined;
  return { challenge, host, back: { loopback, port, state } };
}

/** Only the machine itself is gone to, at the one path that command lines listen at; the platform says so too. */
export function ownMachine(address: string | null | undefined): string | undefined {
  return address != null && /^http:\/\/(?:127\.0\.0\.1|\[::1\]):\d{4,5}\/assent\/signed-in\?[\w=&-]+$/.test(address) ? address : undefined;
}

/** `12 hours`, `7 days`: how long a session lasts. */
export function spanWords(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ];
  const [size, unit] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [60, "minute"];
  const count = Math.max(1, Math.round(seconds / size));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
