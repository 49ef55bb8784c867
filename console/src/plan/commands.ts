// The commands that do by hand what a plan says, made from its bytes: whoever copies one runs what they have read.
import { canonical, printed, seen, type Json } from "./json";
import type { Op, Plan } from "./plan";

export type Commands = { rehearse: string; change: string; undo: string | undefined };

/** One word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function commandsOf(plan: Plan): Commands {
  const { api_version, resource, object } = plan.target;
  const [group, version] = api_version.split("/");
  const kind = version === undefined ? resource : `${resource}.${group}`;
  const which = `${quoted(kind)} ${quoted(object.name)}${object.namespace === undefined ? "" : ` -n ${quoted(object.namespace)}`}`;
  const patch = (ops: readonly Op[], more = "") => `kubectl patch ${which} --type=json${more} -p '${seen(canonical(ops as readonly Json[] as Json[])).replaceAll("'", "'\\''")}'`;
  const undo = plan.inverse.is === "patch" ? patch(plan.inverse.of.patch) : undefined;
  if (plan.request.is === "delete") return { rehearse: `kubectl delete ${which} --dry-run=server`, change: `kubectl delete ${which}`, undo };
  return { rehearse: patch(plan.request.of, " --dry-run=server"), change: patch(plan.request.of), undo };
}

/** The patch and the one that takes it back, as files hold them; nothing where the plan deletes. */
export function patchFiles(plan: Plan): { change: string; undo: string } | undefined {
  if (plan.request.is !== "patch" || plan.inverse.is !== "patch") return undefined;
  return { change: `${printed(plan.request.of)}\n`, undo: `${printed(plan.inverse.of.patch)}\n` };
}
