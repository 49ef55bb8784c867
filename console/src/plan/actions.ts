// The closed catalogue of what may be done: each action with its words and its parameters. `docs/actions.md` is the same for reading.
import { domainOf, type DomainName } from "./domains";
import { isObject, Unreadable, type Json } from "./json";
import type { Reader } from "./read";

export type Parameter = { name: string; label: string; domain: DomainName; optional?: boolean };
type Entry = { title: string; does: string; undone: string; parameters: readonly Parameter[] };

const container: Parameter = { name: "container", label: "Container", domain: "container" };
const origin: Parameter = { name: "origin", label: "Where it comes from", domain: "origin" };

const catalogue = {
  roll_back: { title: "Roll back to a revision", does: "Puts the pod template of an earlier revision of a Deployment back, whole.", undone: "The template as it was is put back", parameters: [{ name: "to_revision", label: "Revision", domain: "revision" }] },
  restart: { title: "Restart a workload", does: "Replaces its pods one by one, as kubectl rollout restart does.", undone: "The annotation gets its former value, which replaces the pods once more", parameters: [] },
  scale: { title: "Scale a workload", does: "Sets the number of replicas.", undone: "The former number is set", parameters: [{ name: "replicas", label: "Replicas", domain: "replicas" }] },
  set_image: { title: "Set an image", does: "Sets the image of one container.", undone: "The former image is set", parameters: [container, { name: "image", label: "Image", domain: "image" }, origin] },
  set_resources: {
    title: "Set requests and limits",
    does: "Sets what one container asks for and is held to.",
    undone: "The former amounts are set, or none",
    parameters: [container, { name: "compute", label: "Of what", domain: "compute" }, { name: "request", label: "Request", domain: "amount", optional: true }, { name: "limit", label: "Limit", domain: "amount", optional: true }],
  },
  set_env: { title: "Set an environment variable", does: "Sets the value of one variable of one container.", undone: "The former value is set, or the variable is removed", parameters: [container, { name: "name", label: "Variable", domain: "envName" }, { name: "value", label: "Value", domain: "value" }, origin] },
  set_config_key: { title: "Set a key of a ConfigMap", does: "Sets the value of one key. Pods see it when they next read the file or start.", undone: "The former value is set, or the key is removed", parameters: [{ name: "key", label: "Key", domain: "configKey" }, { name: "value", label: "Value", domain: "value" }, origin] },
  fix_selector: {
    title: "Correct a selector",
    does: "Sets one label of a Service’s selector of pods, or of a workload’s selector of nodes.",
    undone: "The former value is set",
    parameters: [{ name: "place", label: "Selector of", domain: "selectorPlace" }, { name: "key", label: "Label", domain: "labelKey" }, { name: "value", label: "Value", domain: "labelValue" }, { name: "drops", label: "Label that goes", domain: "labelKey", optional: true }],
  },
  fix_port: { title: "Correct a port", does: "Sets a Service’s target port, the port of an Ingress’s backend, or the port of a probe.", undone: "The former port is set", parameters: [{ name: "place", label: "Where it stands", domain: "portPlace" }, { name: "port", label: "Port", domain: "port" }] },
  cordon: { title: "Cordon a node", does: "Marks a node as unschedulable. Pods that run there stay.", undone: "The node is uncordoned", parameters: [] },
  uncordon: { title: "Uncordon a node", does: "Lets pods onto a node again.", undone: "The node is cordoned", parameters: [] },
  delete_pod: { title: "Delete a pod", does: "Deletes one pod that a controller makes anew.", undone: "Its controller makes another", parameters: [] },
  adjust_autoscaler: { title: "Move the bounds of an autoscaler", does: "Sets the fewest or the most replicas of a HorizontalPodAutoscaler.", undone: "The former bounds are set", parameters: [{ name: "min", label: "Fewest replicas", domain: "replicas", optional: true }, { name: "max", label: "Most replicas", domain: "replicas", optional: true }] },
  adjust_budget: { title: "Move the bound of a disruption budget", does: "Sets how many pods must stay, or may go.", undone: "The former bound is set", parameters: [{ name: "bound", label: "Bound", domain: "bound" }] },
  suspend: { title: "Suspend", does: "Suspends a cron job or a job, or pauses the rollout of a Deployment.", undone: "It is resumed", parameters: [] },
  resume: { title: "Resume", does: "Lets a cron job, a job or the rollout of a Deployment go on.", undone: "It is suspended again", parameters: [] },
  custom_patch: { title: "Custom patch", does: "Edits fields of an object’s specification. No action of the catalogue, so more people have to agree.", undone: "Each field gets its former value", parameters: [{ name: "edits", label: "Edits", domain: "edits" }] },
} as const satisfies Record<string, Entry>;

export type ActionWord = keyof typeof catalogue;
export const actionWords = Object.keys(catalogue) as readonly ActionWord[];

export const isActionWord = (word: string): word is ActionWord => Object.hasOwn(catalogue, word);
export const entryOf = (word: ActionWord): Entry => catalogue[word];
/** An action that this page does not know is called by its own word. */
export const actionTitle = (word: string): string => (isActionWord(word) ? catalogue[word].title : word);

/** What is done: a word of the catalogue, and its parameters as they stand. */
export type Action = { word: ActionWord; parameters: { [name: string]: Json } };

export const action: Reader<Action> = (value, at) => {
  const names = isObject(value) ? Object.keys(value) : [];
  const [word] = names;
  if (!isObject(value) || word === undefined || names.length !== 1 || !isActionWord(word)) throw new Unreadable(`${at} is no action of the catalogue.`);
  const parameters = value[word];
  if (!isObject(parameters)) throw new Unreadable(`${at}/${word} is not an object.`);
  const known = entryOf(word).parameters;
  for (const name of Object.keys(parameters)) if (!known.some((one) => one.name === name)) throw new Unreadable(`${at}/${word}/${name} is not known here.`);
  for (const { name, domain, optional } of known) {
    const given = parameters[name];
    if (given !== undefined) domainOf(domain).read(given, `${at}/${word}/${name}`);
    else if (!optional) throw new Unreadable(`${at}/${word}/${name} is missing.`);
  }
  return { word, parameters };
};
