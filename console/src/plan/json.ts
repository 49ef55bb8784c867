// Canonical JSON (RFC 8785). The same value has one spelling, so a text that is not canonical is refused: it could mean one thing to
// who signs it and another to who runs it.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Why a text is not what it should be. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** What the platform's own reader takes. */
const DEPTH_MAX = 128;

/** The one spelling of a value. Keys are sorted by their UTF-16 units, and numbers are written as ECMAScript writes them: so the RFC has it. */
export function canonical(value: Json, depth = 0): string {
  if (depth > DEPTH_MAX) throw new Unreadable("It is nested too deeply.");
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null, depth + 1)}`).join(",")}}`;
}

/** Reads a canonical text; anything else, a key that stands twice or a number that would be rounded too, is refused. */
export function readCanonical(text: string): Json {
  if (!text.isWellFormed()) throw new Unreadable("It is no valid Unicode.");
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Unreadable("It is no JSON.");
  }
  if (canonical(value) !== text) throw new Unreadable("It is not in canonical form.");
  return value;
}

/** Characters that a reader does not see, or that move others about: shown as the escapes that JSON has for them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0]/gu;

/** Text in which nothing is unseen. Of JSON, it stays the same JSON. `lines` keeps line breaks as they are. */
export function seen(text: string, lines = false): string {
  return text.replace(UNSEEN, (character) => {
    if (lines && character === "\n") return character;
    return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
  });
}

/** A value on one line, with nothing unseen in it. */
export function shown(value: Json): string {
  return seen(canonical(value));
}

/** A value line by line, as files hold it. */
export function printed(value: Json): string {
  return seen(JSON.stringify(value, null, 2), true);
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
