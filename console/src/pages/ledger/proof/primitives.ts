// SHA-256 and Ed25519: the browser's own, or a small library where it has none (an older browser, or a page that did not come over
// HTTPS or loopback).
import type { Bytes } from "./bytes";

export type Primitives = {
  /** Whose code does the work, for those who want to know. */
  by: string;
  sha256: (bytes: Bytes) => Promise<Bytes>;
  /** Whether this public key signed this message. */
  signed: (key: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>;
};

const subtle: Primitives = {
  by: "WebCrypto of this browser",
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  signed: async (key, message, signature) => {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, message);
  },
};

/** The same in plain JavaScript, read only when it is needed. */
export async function plain(): Promise<Primitives> {
  const [{ ed25519 }, { sha256 }] = await Promise.all([import("@noble/curves/ed25519.js"), import("@noble/hashes/sha2.js")]);
  return {
    by: "@noble/curves, since this browser cannot check Ed25519 here",
    sha256: (bytes) => Promise.resolve(sha256(bytes) as Bytes),
    // The strict rules, under which a signature cannot be bent into another one that holds as well.
    signed: (key, message, signature) => Promise.resolve(attempt(() => ed25519.verify(signature, message, key, { zip215: false }))),
  };
}

function attempt(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** What this browser can use. */
export async function primitives(): Promise<Primitives> {
  if (typeof crypto === "undefined" || !("subtle" in crypto)) return plain();
  try {
    // The base point of the curve: a key that every implementation takes.
    const point = new Uint8Array(32).fill(0x66);
    point[0] = 0x58;
    await crypto.subtle.importKey("raw", point, "Ed25519", false, ["verify"]);
    return subtle;
  } catch {
    return plain();
  }
}

export { subtle };
