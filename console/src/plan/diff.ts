// What a patch changes, field by field: what its tests found before, and what it writes.
import { isObject, shown, type Json } from "./json";
import type { Observed, Op, Plan } from "./plan";

export type Change = {
  /** Which field, in parts. */
  path: readonly string[];
  before: Json | undefined;
  after: Json | undefined;
  /** Whether the patch itself tests what stood there, so that it does nothing if something else stands there now. */
  tested: boolean;
};

/** The parts of a JSON pointer. */
export function partsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A pointer as people write fields: `spec.template.containers[0].image`. A part with a sign in it stands in brackets. */
export function fieldText(parts: readonly string[]): string {
  return parts.reduce((text, part) => {
    if (/^\d+$/.test(part) && text !== "") return `${text}[${part}]`;
    if (/^[A-Za-z_][\w-]*$/.test(part)) return text === "" ? part : `${text}.${part}`;
    return `${text}[${shown(part)}]`;
  }, "");
}

/** The changes of a patch, in its order. What a test before an operation found is what stood there; else what the plan observed. */
export function changesOf(ops: readonly Op[], observed: readonly Observed[] = []): Change[] {
  const tests = new Map<string, Json>();
  const changes: Change[] = [];
  for (const op of ops) {
    if (op.op === "test") {
      tests.set(op.path, op.value);
      continue;
    }
    const tested = tests.has(op.path);
    const before = tested ? tests.get(op.path) : op.op === "add" ? undefined : observed.find(({ path }) => path === op.path)?.value;
    const after = op.op === "remove" ? undefined : op.value;
    changes.push(...fields(partsOf(op.path), before, after, tested || op.op === "add"));
    // What is written stands there for the operations that follow.
    if (after === undefined) tests.delete(op.path);
    else tests.set(op.path, after);
  }
  return changes;
}

/** Only what differs, as deep as both sides go together. */
function fields(path: readonly string[], before: Json | undefined, after: Json | undefined, tested: boolean): Change[] {
  if (before !== undefined && after !== undefined && same(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => fields([...path, key], own(before, key), own(after, key), tested));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, at) => fields([...path, String(at)], item, after[at], tested));
  }
  return [{ path, before, after, tested }];
}

const own = (map: { [key: string]: Json }, key: string): Json | undefined => (Object.hasOwn(map, key) ? map[key] : undefined);
const same = (a: Json, b: Json): boolean => shown(a) === shown(b);

/** The part that all paths begin with, so that it need not be read on each line. The last part of a path is never in it. */
export function common(changes: readonly Change[]): readonly string[] {
  const [first] = changes;
  if (!first || changes.length < 2) return [];
  let length = Math.min(...changes.map(({ path }) => path.length)) - 1;
  for (const { path } of changes) {
    const differs = path.findIndex((part, at) => part !== first.path[at]);
    if (differs >= 0) length = Math.min(length, differs);
  }
  return first.path.slice(0, Math.max(length, 0));
}

/** Tests that stand for no change of their own: other fields that must be as they were. */
export function guardsOf(ops: readonly Op[]): { path: string; value: Json }[] {
  const written = new Set(ops.filter((op) => op.op !== "test").map(({ path }) => path));
  return ops.flatMap((op) => (op.op === "test" && !written.has(op.path) ? [{ path: op.path, value: op.value }] : []));
}

/** The body that is sent to the API server, as a value: of a deletion, its options. */
export function payload(plan: Plan): Json {
  if (plan.request.is === "patch") return plan.request.of;
  const { uid } = plan.request.of;
  return { apiVersion: "v1", kind: "DeleteOptions", ...(uid !== undefined && { preconditions: { uid } }) };
}
