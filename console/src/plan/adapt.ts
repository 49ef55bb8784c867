// A proposal out of a form: the action's parameters as somebody typed them, checked as the platform checks them.
import { action, entryOf, type ActionWord } from "./actions";
import { domainOf, type EntityName } from "./domains";
import { canonical, isObject, Unreadable, type Json } from "./json";

/** What stands in the fields of a form, by the name of the parameter and of its part. */
export type Typed = { readonly [field: string]: string };

/** What a form shows at first. */
export function typedOf(word: ActionWord, parameters: { [name: string]: Json }): Typed {
  const typed: { [field: string]: string } = {};
  for (const { name, domain } of entryOf(word).parameters) {
    const value = parameters[name];
    if (value === undefined) continue;
    const { asked } = domainOf(domain);
    if (asked === "edits") typed[name] = JSON.stringify(value, null, 2);
    else if (!isObject(value)) typed[name] = String(value);
    else {
      const [is = ""] = Object.keys(value);
      typed[`${name}.is`] = is;
      const of = value[is];
      if (isObject(of)) for (const [part, one] of Object.entries(of)) typed[`${name}.${part}`] = String(one);
      else if (of !== undefined) typed[`${name}.of`] = String(of);
    }
  }
  return typed;
}

/** The parts of a value that says what it is: `origin`, `port`, `bound`, `place`. A number is typed in digits. */
export const tags: { readonly [asked: string]: readonly { is: string; label: string; parts: readonly { name: string; label: string; number?: boolean; optional?: boolean }[] }[] } = {
  origin: [
    { is: "stated", label: "I state it", parts: [] },
    { is: "revision", label: "It stood in an earlier revision", parts: [{ name: "of", label: "Revision", number: true }] },
    { is: "service", label: "It is the address of a Service", parts: [{ name: "namespace", label: "Namespace" }, { name: "name", label: "Service" }, { name: "port", label: "Port", number: true, optional: true }] },
    { is: "allowed_registry", label: "From an allowed registry", parts: [] },
  ],
  port: [
    { is: "number", label: "By number", parts: [{ name: "of", label: "Port", number: true }] },
    { is: "name", label: "By name", parts: [{ name: "of", label: "Port name" }] },
  ],
  bound: [
    { is: "min_available", label: "So many pods must stay", parts: [{ name: "of", label: "Pods", number: true }] },
    { is: "max_unavailable", label: "So many pods may go", parts: [{ name: "of", label: "Pods", number: true }] },
  ],
  place: [
    { is: "service_target", label: "Target of a Service’s port", parts: [{ name: "of", label: "The Service’s port", number: true }] },
    { is: "ingress_backend", label: "Backend of an Ingress", parts: [{ name: "of", label: "Service" }] },
    { is: "probe", label: "Probe of a container", parts: [{ name: "container", label: "Container" }, { name: "probe", label: "Probe" }] },
  ],
};

/** The proposal, in JSON; throws with the field's label where something is missing or wrong. */
export function proposalOf(target: EntityName, word: ActionWord, typed: Typed): string {
  const parameters: { [name: string]: Json } = {};
  for (const { name, label, domain, optional } of entryOf(word).parameters) {
    const { asked } = domainOf(domain);
    const value = tags[asked] ? taggedValue(tags[asked], name, typed) : plainValue(asked, typed[name]);
    if (value === undefined) {
      if (!optional) throw new Unreadable(`${label} is missing.`);
      continue;
    }
    try {
      domainOf(domain).read(value, label);
    } catch {
      throw new Unreadable(`${label} is not what it may be.`);
    }
    parameters[name] = value;
  }
  const whole: Json = { target: { kind: target.kind, ...(target.namespace !== undefined && { namespace: target.namespace }), name: target.name }, action: { [word]: parameters } };
  action({ [word]: parameters }, "");
  return canonical(whole);
}

function plainValue(asked: string, text: string | undefined): Json | undefined {
  if (text === undefined || (text === "" && asked !== "text")) return undefined;
  if (asked === "number") return numberOf(text);
  if (asked !== "edits") return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Unreadable("The edits are no JSON.");
  }
}

function taggedValue(forms: (typeof tags)[string], name: string, typed: Typed): Json | undefined {
  const form = forms.find(({ is }) => is === typed[`${name}.is`]);
  if (!form) return undefined;
  const of: { [part: string]: Json } = {};
  for (const { name: part, label, number, optional } of form.parts) {
    const text = typed[`${name}.${part}`] ?? "";
    if (text !== "") of[part] = number ? numberOf(text) : text;
    else if (!optional) throw new Unreadable(`${label} is missing.`);
  }
  return { [form.is]: form.parts.length === 1 && "of" in of ? (of["of"] ?? null) : of };
}

function numberOf(text: string): number {
  if (!/^\d{1,9}$/.test(text.trim())) throw new Unreadable("A number has digits alone.");
  return Number(text);
}
