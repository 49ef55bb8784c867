// Bytes and their spellings. Each spelling has one form only, so that nothing can be changed in a way that reads the same.

const encoder = new TextEncoder();

export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Reads standard base64 with its padding; nothing if another writer would have spelled it differently. */
export function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const binary = atob(text);
  return btoa(binary) === text ? Uint8Array.from(binary, (letter) => letter.charCodeAt(0)) : undefined;
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads `sha256:…`, 64 lower-case digits. */
export function fromDigest(text: string): Bytes | undefined {
  const digits = /^sha256:([0-9a-f]{64})$/.exec(text)?.[1];
  return digits === undefined ? undefined : Uint8Array.from({ length: 32 }, (_, at) => parseInt(digits.slice(at * 2, at * 2 + 2), 16));
}

export const toDigest = (bytes: Bytes): string => `sha256:${toHex(bytes)}`;

export function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function joined(...parts: readonly (Bytes | readonly number[])[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
