// Signed notes, checkpoints and verifier keys as C2SP writes them. One spelling each; anything else is refused.
import { fromBase64, joined, same, toHex, utf8, type Bytes } from "./bytes";
import type { Primitives } from "./primitives";

const NOTE_CHARACTERS_MAX = 8 * 1024;
const SIGNATURES_MAX = 16;
const KEY_NAME_MAX = 128;
const SIZE_MAX = 2 ** 48;
const ED25519 = 1;
const SIGNATURE_BYTES = 64;

export type Checkpoint = { origin: string; size: number; root: Bytes; previous?: Bytes };
export type LogKey = { name: string; id: Bytes; key: Bytes };
type Signature = { name: string; id: Bytes; bytes: Bytes };
export type Note = { text: string; signatures: Signature[] };

/** Splits a note into what was signed and by whom. Nothing about it is proven yet. */
export function parseNote(note: string): Note | undefined {
  // Control characters could make a note look like another one.
  if (note.length > NOTE_CHARACTERS_MAX || /(?!\n)\p{Cc}/u.test(note)) return undefined;
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n") || gap + 2 >= note.length) return undefined;
  const signatures = note.slice(gap + 2, -1).split("\n").map(parseSignature);
  if (signatures.length > SIGNATURES_MAX || !signatures.every((signature) => signature !== undefined)) return undefined;
  return { text: note.slice(0, gap + 1), signatures };
}

function parseSignature(line: string): Signature | undefined {
  const [, name, encoded] = /^\u2014 ([^ +]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length <= 4) return undefined;
  return { name, id: bytes.slice(0, 4), bytes: bytes.slice(4) };
}

/** Reads the text of a checkpoint: origin, size, root, and the digest of the one before. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [, origin, digits, root64, previous64] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n(?:previous ([^\n]+)\n)?$/.exec(text) ?? [];
  const root = root64 === undefined ? undefined : fromBase64(root64);
  const previous = previous64 === undefined ? undefined : fromBase64(previous64);
  const size = Number(digits);
  if (origin === undefined || root?.length !== 32 || size > SIZE_MAX) return undefined;
  if (previous64 === undefined) return { origin, size, root };
  return previous?.length === 32 ? { origin, size, root, previous } : undefined;
}

/** Reads `name+hash+key`, and checks that the hash belongs to name and key. */
export async function parseKey(sha256: Primitives["sha256"], text: string): Promise<LogKey | undefined> {
  const [, name, hash, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,64})$/u.exec(text) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes?.length !== 33 || bytes[0] !== ED25519 || utf8(name).length > KEY_NAME_MAX || /\p{Cc}/u.test(name)) return undefined;
  const id = (await sha256(joined(utf8(`${name}\n`), bytes))).slice(0, 4);
  return toHex(id) === hash ? { name, id, key: bytes.slice(1) } : undefined;
}

/** Whether the note has exactly one signature under this key's name and hash, and it holds. */
export async function isSignedBy(signed: Primitives["signed"], note: Note, key: LogKey): Promise<boolean> {
  const [own, another] = note.signatures.filter((signature) => signature.name === key.name && same(signature.id, key.id));
  if (own === undefined || another !== undefined || own.bytes.length !== SIGNATURE_BYTES) return false;
  return signed(key.key, utf8(note.text), own.bytes).catch(() => false);
}
