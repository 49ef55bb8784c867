// What a password lacks, told while it is typed. The platform checks it anew, against a longer list of guesses.

/** Characters at least, as the platform asks for. */
export const CHARS_MIN = 12;
const BYTES_MAX = 1_024;
/** A part of a name that is shorter is in too many words to be looked for. */
const PERSONAL_CHARS_MIN = 4;
const DISTINCT_MIN = 5;
const STRONG_CHARS = 20;
const GOOD_CHARS = 16;

export type Strength = {
  /** Whether the platform is likely to take it. */
  enough: boolean;
  /** 0 to 100, for a bar. */
  percent: number;
  words: string;
};

const common = ["password", "passw0rd", "p@ssw0rd", "kubernetes", "administrator", "welcome", "letmein", "qwerty", "changeme", "iloveyou", "whatever"];

export function strength(password: string, name: string, email: string): Strength {
  const chars = [...password].length;
  const lower = password.toLowerCase();
  const percent = Math.min(100, Math.round((chars / STRONG_CHARS) * 100));
  const lacking = (words: string): Strength => ({ enough: false, percent: Math.min(percent, 45), words });
  if (chars === 0) return { enough: false, percent: 0, words: `At least ${CHARS_MIN} characters. A few words in a row are easy to type and hard to guess.` };
  if (chars < CHARS_MIN) return lacking(`${CHARS_MIN - chars} more ${CHARS_MIN - chars === 1 ? "character" : "characters"}`);
  if (new TextEncoder().encode(password).length > BYTES_MAX) return lacking("Too long");
  if (personal(name, email).some((part) => lower.includes(part))) return lacking("Contains your name or address");
  if (/^\d+$/.test(password)) return lacking("Digits alone are easy to guess");
  if (new Set(lower).size < DISTINCT_MIN) return lacking("Repeats the same few characters");
  // Letters that are left once the digits and signs around a common word are gone say whether there is more to it than that word.
  if (common.includes(lower.replace(/^[\d\W_]+|[\d\W_]+$/g, ""))) return lacking("One of the first guesses anybody would make");
  if (chars >= STRONG_CHARS) return { enough: true, percent: 100, words: "Strong" };
  if (chars >= GOOD_CHARS) return { enough: true, percent, words: "Good" };
  return { enough: true, percent, words: "Long enough. Longer is better." };
}

function personal(name: string, email: string): string[] {
  const mailbox = email.toLowerCase().split("@")[0] ?? "";
  return [...name.toLowerCase().split(/\s+/), ...mailbox.split(/[._\-+]/), mailbox].filter((part) => [...part].length >= PERSONAL_CHARS_MIN);
}
