// A text cut at what rules would replace. The platform counts bytes, a browser counts code units.
import type { Schemas } from "../../../api/client";

export type Piece = { text: string; rule?: string };

function bytesOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/** The text in pieces, in order; those with a rule would be replaced. Places that do not fit the text are left out. */
export function pieces(text: string, replaced: readonly Schemas["Replaced"][]): Piece[] {
  const edges = new Map<number, number>();
  let bytes = 0;
  let units = 0;
  for (const character of text) {
    edges.set(bytes, units);
    bytes += bytesOf(character);
    units += character.length;
  }
  edges.set(bytes, units);
  const found: Piece[] = [];
  let at = 0;
  for (const { rule, start_bytes, length_bytes } of [...replaced].sort((a, b) => a.start_bytes - b.start_bytes)) {
    const start = edges.get(start_bytes);
    const end = edges.get(start_bytes + length_bytes);
    if (start === undefined || end === undefined || start < at || end <= start) continue;
    if (start > at) found.push({ text: text.slice(at, start) });
    found.push({ text: text.slice(start, end), rule });
    at = end;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}
