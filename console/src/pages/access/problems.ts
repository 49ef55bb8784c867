// Why a sign-in did not work, in words for whoever stands at the door.
import { isProblem } from "../../api/client";

/** What the platform puts into the address when an identity provider sent somebody back without success. */
const ofProvider: Record<string, string> = {
  not_signed_in: "The identity provider did not confirm who you are, or this sign-in was begun in another browser. Try again.",
  refused: "The identity provider knows you, but you may not sign in here. Ask an admin of your organisation.",
  unavailable: "The identity provider does not answer. Try again in a while, or sign in another way.",
  too_many: "Too many attempts. Wait a little, then try again.",
  bad_request: "The answer of the identity provider could not be read. Try again.",
};

export function wordsOfProvider(problem: string): string {
  return ofProvider[problem] ?? "Signing in with the identity provider did not work. Try again, or sign in another way.";
}

/** Seconds to wait after an attempt, if the platform said so. */
export function secondsToWait(error: unknown): number | undefined {
  return isProblem(error, "locked_out", "too_many") ? error.retryAfterS : undefined;
}

/** `45 seconds`, `3 minutes`: how long to wait, rounded up so that nobody comes back too early. */
export function waitWords(seconds: number): string {
  if (seconds <= 1) return "1 second";
  if (seconds < 100) return `${Math.ceil(seconds)} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

/** The secret of a one-time link, which stands behind `#`. */
export function tokenOf(hash: string): string | undefined {
  const token = hash.replace(/^#/, "").trim();
  return /^tnt_[0-9a-f]+\.[a-z]+_[0-9a-f]+\.[\w-]+$/.test(token) ? token : undefined;
}
