// Digests as the platform writes them: SHA-256, as `sha256:` and 64 hexadecimal digits.
import { text as base64url } from "../api/webauthn";

const encoder = new TextEncoder();

/** Keeps digests of plans apart from digests of anything else. */
const PLAN_DOMAIN = "assent plan v1";
const LENGTH_BYTES = 8;

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function named(bytes: Uint8Array): string {
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export async function digestOf(text: string): Promise<string> {
  return named(await sha256(encoder.encode(text)));
}

/** The digest of several parts, each after its length in eight bytes, so that no two lists of parts have the same bytes. */
async function digestOfParts(parts: readonly Uint8Array[]): Promise<string> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + LENGTH_BYTES + part.length, 0));
  let at = 0;
  for (const part of parts) {
    new DataView(whole.buffer).setBigUint64(at, BigInt(part.length));
    whole.set(part, at + LENGTH_BYTES);
    at += LENGTH_BYTES + part.length;
  }
  return named(await sha256(whole));
}

/** The digest of a plan with these canonical bytes. */
export function planDigest(bytes: string): Promise<string> {
  return digestOfParts([encoder.encode(PLAN_DOMAIN), encoder.encode(bytes)]);
}

/** The digest that a plan names a piece of evidence by. */
export function exhibitDigest({ source, locator, quote }: { source: string; locator: string; quote: string }): Promise<string> {
  return digestOfParts([source, locator, quote].map((part) => encoder.encode(part)));
}

/** What a passkey signs of a text: its SHA-256, base64url without padding. */
export async function challengeOf(text: string): Promise<string> {
  return base64url(await sha256(encoder.encode(text)));
}

/** The first twelve digits, to tell plans apart by eye. Nothing may be decided by them. */
export function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
