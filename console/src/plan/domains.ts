// What each parameter of an action may be, as `docs/proposal.schema.json` has it, and how a form asks for it.
import { anything, list, object, oneOf, tagged, text, whole, type Reader } from "./read";
import type { Json } from "./json";

const REPLICAS = { min: 0, max: 1_000 };
const port = whole(1, 65_535);
const revision = whole(1, 1_000_000);
const replicas = whole(REPLICAS.min, REPLICAS.max);
const container = text(63);

export type EntityName = { kind: string; namespace?: string; name: string };
export const entityName: Reader<EntityName> = object<EntityName>({ kind: text(), namespace: text(), name: text() }, ["namespace"]);

export type Edit = { path: string; value?: Json };
export const edit: Reader<Edit> = object<Edit>({ path: text(1_024), value: anything }, ["value"]);

/** Checks a value, and leaves it as it is: what is signed is shown as it stands. */
function held(reader: Reader<unknown>): Reader<Json> {
  return (value, at) => {
    reader(value, at);
    return value;
  };
}

const nothing = object<Record<never, never>>({});
const service = object<{ namespace: string; name: string; port?: number }>({ namespace: text(), name: text(), port }, ["port"]);
const probe = object<{ container: string; probe: string }>({ container, probe: oneOf("liveness", "readiness", "startup") });

/** How a form asks for a value. Those of more than one part are taken apart by the form. */
export type Asked = "number" | "text" | "amount" | "choice" | "origin" | "port" | "bound" | "place" | "edits";

type Domain = { read: Reader<Json>; asked: Asked; hint?: string; choices?: readonly string[]; min?: number; max?: number; chars?: number };

export const domains = {
  revision: { read: held(revision), asked: "number", min: 1, max: 1_000_000, hint: "A revision whose ReplicaSet is still there" },
  replicas: { read: held(replicas), asked: "number", ...REPLICAS },
  container: { read: held(container), asked: "text", chars: 63 },
  image: { read: held(text(512)), asked: "text", chars: 512, hint: "With a tag or a digest" },
  origin: { read: held(tagged({ revision, service, allowed_registry: nothing, stated: nothing })), asked: "origin" },
  compute: { read: held(oneOf("cpu", "memory", "ephemeral-storage")), asked: "choice", choices: ["cpu", "memory", "ephemeral-storage"] },
  amount: { read: held(text(Infinity, /^[1-9][0-9]*(m|Mi)$/)), asked: "amount", hint: "CPU in thousandths of a core: 500m. Memory and scratch space in mebibytes: 256Mi" },
  envName: { read: held(text(253)), asked: "text", chars: 253 },
  value: { read: held(text(4_096)), asked: "text", chars: 4_096 },
  configKey: { read: held(text(253)), asked: "text", chars: 253 },
  selectorPlace: { read: held(oneOf("service", "node")), asked: "choice", choices: ["service", "node"] },
  labelKey: { read: held(text(317)), asked: "text", chars: 317 },
  labelValue: { read: held(text(63)), asked: "text", chars: 63 },
  portPlace: { read: held(tagged({ service_target: port, ingress_backend: text(), probe })), asked: "place" },
  port: { read: held(tagged({ number: port, name: text(15) })), asked: "port" },
  bound: { read: held(tagged({ min_available: replicas, max_unavailable: replicas })), asked: "bound" },
  edits: { read: held(list(edit, 16)), asked: "edits" },
} satisfies Record<string, Domain>;

export type DomainName = keyof typeof domains;
export const domainOf = (name: DomainName): Domain => domains[name];
