import { expect, it } from "vitest";

import type { Schemas } from "../../api/client";
import { ahead, told } from "./steps";

type Step = Schemas["RunStep"]["step"];
const run = (...steps: Step[]): Schemas["RunStep"][] => steps.map((step, at) => ({ number: at + 1, at: "2026-03-01T12:00:00Z", step }));
const intended: Step = { intended: { statement: "sha256:0", approvers: ["acc_1", "acc_2"], as_user: "ada@example.com" } };
const progress = (text: string): Step => ({ progress: { text } });
const names = (account: string) => (account === "acc_1" ? "Ada" : "Ben");

it("tells each step once, and the newest of its progress", () => {
  const steps = run(intended, { rehearsed: {} }, { applied: { resource_version: "7" } }, progress("1 of 3"), progress("2 of 3"), { ended: { outcome: "verified", detail: "3 of 3" } });
  expect(told([...steps].reverse(), names).map(({ words, more }) => [words, more])).toEqual([
    ["Intent is on the ledger", "For Ada, Ben, as ada@example.com"],
    ["The API server would accept it, asked as each approver", undefined],
    ["The change was made", "Resource version 7"],
    ["Watching what follows from it", "2 of 3"],
    ["It did what it should", "3 of 3"],
  ]);
  expect(ahead(steps)).toEqual([]);
});

it("says what is to come", () => {
  expect(ahead([])).toHaveLength(4);
  expect(ahead(run(intended)).map(({ words }) => words)).toEqual(["The API server is asked", "The change is made", "It is verified"]);
  expect(ahead(run(intended, { applied: {} }, { undoing: { why: "worse" } }))).toHaveLength(1);
});
