// Passkeys: between the API, which writes bytes as base64url, and the browser, which takes them as buffers.
import type { Schemas } from "./client";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes as base64url without padding. */
export function text(bytes: ArrayBuffer | Bytes): string {
  const whole = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  let binary = "";
  for (const byte of whole) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of base64url without padding. */
export function bytes(encoded: string): Bytes {
  const binary = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Signature schemes that the platform checks, best first: ES256, Ed25519, RS256. */
const ALGORITHMS = [-7, -8, -257] as const;

export function creationOf(asked: Schemas["PasskeyChallenge"]): PublicKeyCredentialCreationOptions {
  return {
    challenge: bytes(asked.challenge),
    rp: { id: asked.rp_id, name: asked.rp_name },
    user: { id: bytes(asked.user_id), name: asked.user_name, displayName: asked.user_display_name },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
    timeout: asked.timeout_ms,
    excludeCredentials: asked.exclude.map((id) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  };
}

export type Made = { ticket: string; client_data: string; attestation: string };

/** Has the browser make a passkey. */
export async function makePasskey(asked: Schemas["PasskeyChallenge"]): Promise<Made> {
  const made = await navigator.credentials.create({ publicKey: creationOf(asked) });
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse)) throw new Error("The browser made no passkey.");
  return { ticket: asked.ticket, client_data: text(made.response.clientDataJSON), attestation: text(made.response.attestationObject) };
}

/** Has the browser sign with a passkey of this platform. `conditional`: it offers them in the field for the address, and waits. */
export async function signWithPasskey(asked: Schemas["SignInChallenge"], conditional?: AbortSignal): Promise<Schemas["PasskeySignIn"]> {
  const signed = await navigator.credentials.get({
    publicKey: { challenge: bytes(asked.challenge), rpId: asked.rp_id, timeout: asked.timeout_ms, userVerification: "required" },
    ...(conditional && { mediation: "conditional", signal: conditional }),
  });
  if (!(signed instanceof PublicKeyCredential) || !(signed.response instanceof AuthenticatorAssertionResponse)) throw new Error("The browser gave no passkey.");
  const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response;
  return {
    ticket: asked.ticket,
    credential_id: text(signed.rawId),
    client_data: text(clientDataJSON),
    authenticator_data: text(authenticatorData),
    signature: text(signature),
    user_handle: userHandle ? text(userHandle) : "",
  };
}

/** Whether this browser knows passkeys at all. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential !== "undefined" && typeof navigator.credentials?.create === "function";
}

/** Whether it can offer them in the field for the address. */
export async function offersPasskeys(): Promise<boolean> {
  return hasPasskeys() && typeof PublicKeyCredential.isConditionalMediationAvailable === "function" && (await PublicKeyCredential.isConditionalMediationAvailable());
}

/** Why the browser made or gave no passkey, in words; nothing if it is no matter of the browser. */
export function passkeyWords(error: unknown): string | undefined {
  const name = error instanceof Error || error instanceof DOMException ? error.name : undefined;
  switch (name) {
    case "NotAllowedError":
      return "It was cancelled, or took too long. Nothing has changed.";
    case "InvalidStateError":
      return "This device has a passkey for your account already.";
    case "NotSupportedError":
      return "This device cannot make a passkey of the kind that is needed here.";
    case "SecurityError":
      return "The browser allows no passkeys at this address. They need HTTPS and a name, or localhost.";
    case "AbortError":
      return "It was cancelled.";
    default:
      return undefined;
  }
}
