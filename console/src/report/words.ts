// The texts of a report, taken apart for showing: words, names in backticks, commands to copy.

export type Piece = { text: string; code: boolean };

/** Splits at backticks that come in pairs. A lone one is text. */
export function pieces(text: string): Piece[] {
  const parts = text.split("`");
  const paired = parts.length % 2 === 1 ? parts : [...parts.slice(0, -2), `${parts.at(-2) ?? ""}\`${parts.at(-1) ?? ""}`];
  return paired.map((part, index) => ({ text: part, code: index % 2 === 1 })).filter((piece) => piece.text !== "");
}

/** Programs that the platform's own texts name; anything else is prose. */
const COMMAND = /(?:^|: )((?:kubectl|assent|helm|flux|argocd|crictl|journalctl|systemctl)\s\S.*)$/;

/** A step such as `See what it uses: kubectl top pod …`: what is said, and what is run. */
export function step(text: string): { words: string; command?: string } {
  const found = COMMAND.exec(text.trim());
  const command = found?.[1];
  if (!found || command === undefined) return { words: text.trim() };
  return { words: text.trim().slice(0, found.index).trim(), command };
}

export type Sureness = { word: string; means: string };

/** What a confidence means. The steps are those of docs/confidence.md. */
export function sureness(confidence: number): Sureness {
  if (confidence >= 0.95) return { word: "Nearly certain", means: "Kubernetes says so in its own words, and a second source or the object itself agrees." };
  if (confidence >= 0.9) return { word: "Very likely", means: "A part of Kubernetes says so: an event, a condition or a container’s state." };
  if (confidence >= 0.8) return { word: "Likely", means: "The objects imply it, though nothing says it outright." };
  if (confidence >= 0.7) return { word: "Fairly likely", means: "It rests on the workload’s own log, or something that would settle it is missing." };
  if (confidence >= 0.5) return { word: "Possible", means: "Evidence speaks for it, and something is missing or another cause explains as much." };
  return { word: "Not proven", means: "It fits, and other things would fit too. No verdict rests on it." };
}

/** Whole percent, never rounded up to certainty. */
export function percent(confidence: number): string {
  return `${Math.min(Math.round(confidence * 100), confidence < 1 ? 99 : 100)} %`;
}

/** With a capital letter first, for texts that the platform begins small. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What an event said, of a text that quotes the event's own JSON: `"message":"…"`. */
export function said(text: string): string {
  const [, quoted] = /^"message":\s*(".*")$/s.exec(text) ?? [];
  if (quoted === undefined) return text;
  try {
    const read: unknown = JSON.parse(quoted);
    return typeof read === "string" ? read : text;
  } catch {
    return text;
  }
}

/** A text with its instants told another way. */
export function instants(text: string, tell: (instant: string) => string): string {
  return text.replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, (instant) => tell(instant));
}
