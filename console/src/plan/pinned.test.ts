import { expect, it } from "vitest";

import { canonical, type Json } from "./json";
import { keysText, readPinned } from "./pinned";

const terms = { quorum: 1, assurance: "verified" };
const pinned: { [key: string]: Json } = {
  version: 1,
  tenant: "tnt_1",
  cluster: "cls_1",
  domain: "localhost",
  origins: ["http://localhost:8473"],
  approvers: [{ account: "acc_1", name: "ada@example.com", user: "ada@example.com", groups: ["sre"], keys: [{ key: { passkey: { id: "AA" } } }, { key: { ssh: "x" }, revoked_at: "2026-01-01T00:00:00Z" }] }],
  rules: { actions: ["restart", "scale"], namespaces: ["*"], cluster_scoped: false, terms: { low: terms, medium: terms, high: terms, exceptional: { quorum: 3, assurance: "verified" } }, auto_approve: [], verify_s: 300, undo_s: 3600 },
};

it("reads what an executor tells", () => {
  const read = readPinned(canonical(pinned));
  expect(read?.rules.actions).toEqual(["restart", "scale"]);
  expect(keysText(read?.approvers[0]?.keys ?? [], Date.parse("2026-03-01T00:00:00Z"))).toBe("1 passkey");
  expect(keysText(read?.approvers[0]?.keys ?? [], Date.parse("2025-03-01T00:00:00Z"))).toBe("1 passkey, 1 SSH key");
  expect(keysText([], 0)).toBe("no key that counts now");
});

it.each([
  ["a field that is not known", { ...pinned, more: 1 }],
  ["an action that is not known", { ...pinned, rules: { ...(pinned["rules"] as { [key: string]: Json }), actions: ["exec"] } }],
  ["another version", { ...pinned, version: 2 }],
])("%s is not read", (_, other) => expect(readPinned(canonical(other as Json))).toBeUndefined());

it("another spelling is not read", () => expect(readPinned(JSON.stringify(pinned, null, 1))).toBeUndefined());
