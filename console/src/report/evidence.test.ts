import { expect, test } from "vitest";

import { allEvidence, citedBy, placeOf, stepsOf, type Report, type RootCause } from "./evidence";

const about = (name: string) => ({ kind: "Pod", namespace: "shop", name });
const evidence = (id: string) => ({ id, source: "pods.json", locator: "L1 B2+3", quote: id, about: about("a") });
const cause: RootCause = {
  cause: "image.not_found",
  title: "The image does not exist",
  entity: about("a"),
  confidence: 0.9,
  statement: "It does not exist.",
  evidence: [evidence("E10"), evidence("E2")],
  chain: [{ from: about("a"), cause: "A", to: about("c"), effect: "B", because: "C", path: [about("a"), about("b"), about("c")], evidence: ["E2"] }],
  ruled_out: [{ cause: "image.name_invalid", why: "it parses", evidence: ["E2"] }],
  next_steps: [],
  explains: ["F1"],
};
const report = {
  root_causes: [cause],
  not_proven: [{ ...cause, statement: "Perhaps.", evidence: [evidence("E3")], chain: [], ruled_out: [] }],
  findings: [{ id: "F1", statement: "It waits.", evidence: [evidence("E2")] }],
} as unknown as Report;

test("each piece of evidence stands once, by number", () => {
  expect(allEvidence(report).map(({ id }) => id)).toEqual(["E2", "E3", "E10"]);
});

test("claims that cite it are told, with whether they are shown", () => {
  expect(citedBy(report, "E2")).toEqual([
    { what: "It does not exist.", shown: true },
    { what: "B", shown: true },
    { what: "Ruled out image.name_invalid: it parses", shown: true },
    { what: "It waits.", shown: true },
  ]);
  expect(citedBy(report, "E3")).toEqual([{ what: "Perhaps.", shown: false }]);
  expect(citedBy(report, "E9")).toEqual([]);
});

test("a place is told in words, and an unknown form as it is", () => {
  expect(placeOf("L12 B345+67")).toBe("line 12, 67 bytes from byte 345");
  expect(placeOf("somewhere")).toBe("somewhere");
});

test("a chain is a path that begins with the cause's own evidence", () => {
  const steps = stepsOf(cause);
  expect(steps.map(({ words, evidence }) => [words, evidence])).toEqual([
    ["A", ["E10"]],
    ["B", ["E2"]],
  ]);
  expect(steps[1]?.between).toEqual([about("b")]);
  expect(stepsOf({ ...cause, chain: [] })).toHaveLength(1);
});
