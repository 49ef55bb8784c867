import { expect, it } from "vitest";

import type { Schemas } from "../../../api/client";
import { isMemberAsSeen } from "./changes";

const member: Schemas["Member"] = { id: "acc_1", email: "ada@example.com", name: "Ada", grants: [{ role: "admin" }], state: "invited", created_at: "2026-03-01T12:00:00Z" };

it("tells decisions from signs of life", () => {
  expect(isMemberAsSeen(member, { ...member, state: "active", signed_in_at: "2026-03-02T12:00:00Z" })).toBe(true);
  expect(isMemberAsSeen(member, { ...member, state: "disabled" })).toBe(false);
  expect(isMemberAsSeen(member, { ...member, grants: [{ role: "owner" }] })).toBe(false);
  expect(isMemberAsSeen(member, { ...member, name: "Eve" })).toBe(false);
});
