// What an executor has pinned in its cluster: who may approve, whom they are there, and under which rules. Read as strictly as the executor does.
import { actionWords } from "./actions";
import { readCanonical, type Json } from "./json";
import { anything, list, object, oneOf, tagged, text, truth, whole, type Reader } from "./read";

export type Impersonated = { user: string; groups: string[] };
export type Terms = { quorum: number; assurance: "held" | "touched" | "verified" };
export type Key = { is: "passkey"; of: Json } | { is: "ssh"; of: Json };
export type HeldKey = { key: Key; valid_from?: string; revoked_at?: string };
export type Approver = Impersonated & { account: string; name: string; keys: HeldKey[] };
export type AutoApprove = { action: string; namespaces: string[]; per_hour_max: number; run_as: Impersonated };
export type Rules = {
  actions: string[];
  namespaces: string[];
  cluster_scoped: boolean;
  terms: { low: Terms; medium: Terms; high: Terms; exceptional: Terms };
  auto_approve: AutoApprove[];
  rehearse_as?: Impersonated;
  verify_s: number;
  undo_s: number;
};
export type Pinned = { version: number; tenant: string; cluster: string; domain: string; origins: string[]; approvers: Approver[]; rules: Rules };

const action = oneOf(...actionWords);
const terms = object<Terms>({ quorum: whole(1, 10), assurance: oneOf("held", "touched", "verified") });
const impersonated: Reader<Impersonated> = object<Impersonated>({ user: text(), groups: list(text()) });
const key: Reader<Key> = tagged({ passkey: anything, ssh: anything });

const form = object<Pinned>({
  version: whole(1, 1),
  tenant: text(),
  cluster: text(),
  domain: text(),
  origins: list(text()),
  approvers: list(object<Approver>({ account: text(), name: text(), user: text(), groups: list(text()), keys: list(object<HeldKey>({ key, valid_from: text(), revoked_at: text() }, ["valid_from", "revoked_at"])) })),
  rules: object<Rules>(
    {
      actions: list(action),
      namespaces: list(text()),
      cluster_scoped: truth,
      terms: object<Rules["terms"]>({ low: terms, medium: terms, high: terms, exceptional: terms }),
      auto_approve: list(object<AutoApprove>({ action, namespaces: list(text()), per_hour_max: whole(0, 1_000), run_as: impersonated })),
      rehearse_as: impersonated,
      verify_s: whole(0, 86_400),
      undo_s: whole(0, 86_400),
    },
    ["rehearse_as"],
  ),
});

/** What is pinned; nothing if the text is not the canonical form of it. */
export function readPinned(text: string): Pinned | undefined {
  try {
    return form(readCanonical(text), "");
  } catch {
    return undefined;
  }
}

/** Whether a key counts now. */
export function holds({ valid_from, revoked_at }: HeldKey, nowMs: number): boolean {
  return (valid_from === undefined || Date.parse(valid_from) <= nowMs) && (revoked_at === undefined || nowMs < Date.parse(revoked_at));
}

/** `2 passkeys, 1 SSH key`, of those that count. */
export function keysText(keys: readonly HeldKey[], nowMs: number): string {
  const count = (is: Key["is"]) => keys.filter((held) => held.key.is === is && holds(held, nowMs)).length;
  const words = [
    [count("passkey"), "passkey"],
    [count("ssh"), "SSH key"],
  ] as const;
  const told = words.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}${number > 1 ? "s" : ""}`] : []));
  return told.length > 0 ? told.join(", ") : "no key that counts now";
}
