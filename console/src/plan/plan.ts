// A plan as its canonical bytes say it, and as nothing else says it: what is shown to who signs is read from the bytes that are signed.
import { action, type Action } from "./actions";
import { entityName, type EntityName } from "./domains";
import { readCanonical, Unreadable, type Json } from "./json";
import { anything, list, object, oneOf, tagged, text, truth, whole, type Reader } from "./read";

export type Op = { op: "test" | "add" | "replace"; path: string; value: Json } | { op: "remove"; path: string };
export type Observed = { path: string; value?: Json };
export type Preconditions = { uid?: string; resource_version?: string; generation?: number; unmoved: "resource_version" | "generation" | "observed"; observed: Observed[] };
export type Reached = { object: EntityName; how: string };
export type Circle = { count: number; objects: Reached[] };
export type Risk = "low" | "medium" | "high" | "exceptional";
export type Exhibit = { id: string; digest: string; independent: boolean };
export type Check = { about: "quota" | "limit_range" | "scheduling_fit" | "disruption_budget" | "ownership"; outcome: "passes" | "warns" | "fails" | "unknown"; says: string };
export type Target = { api_version: string; resource: string; object: EntityName };
export type ClusterScope = { tenant: string; cluster: string; cluster_uid: string };

export type Plan = {
  version: number;
  scope: { is: "cluster"; of: ClusterScope } | { is: "input"; of: object };
  target: Target;
  action: Action;
  request: { is: "patch"; of: Op[] } | { is: "delete"; of: { uid?: string } };
  preconditions: Preconditions;
  inverse: { is: "patch"; of: { patch: Op[]; preconditions: Preconditions } } | { is: "made_anew"; of: { by: EntityName } };
  blast_radius: { direct: Circle; adjacent: Circle; downstream: Circle };
  risk: Risk;
  confidence_percent: number;
  grounds: { cause: string; entity: EntityName; confidence_percent: number; evidence: Exhibit[]; digest: string };
  checks: Check[];
  proposed_by: "engine" | "model" | "person";
  drawn_at: string;
  expires_at: string;
};

const PLAN_VERSION = 1;
const PLAN_BYTES_MAX = 512 * 1024;

const COUNT_MAX = 2 ** 32 - 1;
const digest = text(71, /^sha256:[0-9a-f]{64}$/);
const instant = text(40, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
const pointer = text(1_024, /^\//);
const percent = whole(0, 100);
const risk = oneOf("low", "medium", "high", "exceptional");

const writing = object<{ op: "test" | "add" | "replace"; path: string; value: Json }>({ op: oneOf("test", "add", "replace"), path: pointer, value: anything });
const removing = object<{ op: "remove"; path: string }>({ op: oneOf("remove"), path: pointer });
const op: Reader<Op> = (value, at) => (typeof value === "object" && value !== null && !Array.isArray(value) && value["op"] === "remove" ? removing(value, at) : writing(value, at));

const preconditions = object<Preconditions>(
  {
    uid: text(),
    resource_version: text(),
    generation: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    unmoved: oneOf("resource_version", "generation", "observed"),
    observed: list(object<Observed>({ path: pointer, value: anything }, ["value"])),
  },
  ["uid", "resource_version", "generation"],
);
const circle = object<Circle>({ count: whole(0, COUNT_MAX), objects: list(object<Reached>({ object: entityName, how: text() })) });

const form = object<Plan>({
  version: whole(PLAN_VERSION, PLAN_VERSION),
  scope: tagged({ cluster: object<ClusterScope>({ tenant: text(), cluster: text(), cluster_uid: text() }), input: object<object>({}) }),
  target: object<Target>({ api_version: text(), resource: text(), object: entityName }),
  action,
  request: tagged({ patch: list(op), delete: object<{ uid?: string }>({ uid: text() }, ["uid"]) }),
  preconditions,
  inverse: tagged({ patch: object<{ patch: Op[]; preconditions: Preconditions }>({ patch: list(op), preconditions }), made_anew: object<{ by: EntityName }>({ by: entityName }) }),
  blast_radius: object<Plan["blast_radius"]>({ direct: circle, adjacent: circle, downstream: circle }),
  risk,
  confidence_percent: percent,
  grounds: object<Plan["grounds"]>({
    cause: text(),
    entity: entityName,
    confidence_percent: percent,
    evidence: list(object<Exhibit>({ id: text(), digest, independent: truth })),
    digest,
  }),
  checks: list(
    object<Check>({ about: oneOf("quota", "limit_range", "scheduling_fit", "disruption_budget", "ownership"), outcome: oneOf("passes", "warns", "fails", "unknown"), says: text() }),
  ),
  proposed_by: oneOf("engine", "model", "person"),
  drawn_at: instant,
  expires_at: instant,
});

/** Reads a plan. Bytes that are not the one spelling of a plan that this page knows whole are refused, with the reason. */
export function readPlan(bytes: string): Plan {
  if (new TextEncoder().encode(bytes).length > PLAN_BYTES_MAX) throw new Unreadable("It is too long.");
  return form(readCanonical(bytes), "");
}

/** A plan, or why its bytes are none. */
export function tryPlan(bytes: string): { plan: Plan } | { unreadable: string } {
  try {
    return { plan: readPlan(bytes) };
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : "It could not be read." };
  }
}
