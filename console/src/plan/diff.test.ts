import { expect, it } from "vitest";

import { commandsOf, patchFiles, quoted } from "./commands";
import { changesOf, common, fieldText, guardsOf, payload } from "./diff";
import { readPlan, type Op } from "./plan";
import { planVectors } from "./vectors";

it("what a test found is what stood there, as deep as both go", () => {
  const ops: Op[] = [
    { op: "test", path: "/metadata/uid", value: "u" },
    { op: "test", path: "/spec/template", value: { a: { "x/y": 1, same: 2 }, list: [1, 2], gone: true } },
    { op: "replace", path: "/spec/template", value: { a: { "x/y": 3, same: 2 }, list: [1, 4], fresh: "n" } },
    { op: "add", path: "/spec/replicas", value: 2 },
    { op: "replace", path: "/spec/replicas", value: 3 },
    { op: "remove", path: "/spec/paused" },
  ];
  const changes = changesOf(ops, [{ path: "/spec/paused", value: true }]);
  expect(changes.map(({ path, before, after, tested }) => [fieldText(path), before, after, tested])).toEqual([
    ['spec.template.a["x/y"]', 1, 3, true],
    ["spec.template.fresh", undefined, "n", true],
    ["spec.template.gone", true, undefined, true],
    ["spec.template.list[1]", 2, 4, true],
    ["spec.replicas", undefined, 2, true],
    ["spec.replicas", 2, 3, true],
    ["spec.paused", true, undefined, false],
  ]);
  expect(guardsOf(ops)).toEqual([{ path: "/metadata/uid", value: "u" }]);
  expect(common(changes)).toEqual(["spec"]);
  expect(common(changes.slice(0, 2))).toEqual(["spec", "template"]);
  expect(common(changes.slice(4, 6))).toEqual(["spec"]);
});

it("a key named as nothing is named is a key", () => {
  const ops: Op[] = [
    { op: "test", path: "/data", value: JSON.parse('{"__proto__":"a","constructor":"b"}') as { [key: string]: string } },
    { op: "replace", path: "/data", value: { constructor: "c" } },
  ];
  expect(changesOf(ops).map(({ path, before, after }) => [path.at(-1), before, after])).toEqual([
    ["__proto__", "a", undefined],
    ["constructor", "b", "c"],
  ]);
});

it("fields are written as people write them, and no name looks like more than it is", () => {
  expect(fieldText(["spec", "containers", "0", "image"])).toBe("spec.containers[0].image");
  expect(fieldText(["metadata", "annotations", "a.b/c"])).toBe('metadata.annotations["a.b/c"]');
  expect(fieldText(["data", "x\u202ey", ""])).toBe('data["x\\u202ey"][""]');
});

it.each(planVectors().map(({ bytes }) => [readPlan(bytes).action.word, readPlan(bytes)] as const))("a plan to %s shows every field that it writes, with what stood there", (_, plan) => {
  const { request, preconditions } = plan;
  if (request.is === "delete") {
    expect(payload(plan)).toMatchObject({ kind: "DeleteOptions" });
    expect(patchFiles(plan)).toBeUndefined();
    return;
  }
  const changes = changesOf(request.of, preconditions.observed);
  expect(changes.length).toBeGreaterThan(0);
  for (const { tested } of changes) expect(tested).toBe(true);
  expect(payload(plan)).toBe(request.of);
  const commands = commandsOf(plan);
  const body = /-p '(.*)'$/s.exec(commands.change)?.[1]?.replaceAll("'\\''", "'") ?? "";
  expect(JSON.parse(body)).toEqual(request.of);
  expect(commands.rehearse).toContain(" --dry-run=server ");
  expect(JSON.parse(patchFiles(plan)?.change ?? "")).toEqual(request.of);
});

it("a name is one word of a shell", () => {
  expect(quoted("cart-1.x")).toBe("cart-1.x");
  expect(quoted("$(id) 'x'")).toBe("'$(id) '\\''x'\\'''");
});
