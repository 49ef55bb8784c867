import { expect, test } from "vitest";

import { current, readSaved, withoutSaved, withSaved } from "./savedFilters";

test("what was kept is read back, and nothing else", () => {
  const saved = withSaved([], " Cart ", { text: "cart" });
  expect(readSaved(JSON.stringify(saved))).toEqual([{ name: "Cart", search: { text: "cart" } }]);
  for (const text of [undefined, "", "{", "7", '[null,{"name":"a"},{"name":"","search":{}},{"name":"a","search":7}]']) expect(readSaved(text)).toEqual([]);
  expect(readSaved('[{"name":"a","search":{"limit":"9","text":"b"}}]')).toEqual([{ name: "a", search: { text: "b" } }]);
});

test("a name stands once, and can be taken away", () => {
  const saved = withSaved(withSaved([], "a", { text: "1" }), "a", { text: "2" });
  expect(saved).toHaveLength(1);
  expect(current(saved, { text: "2" })?.name).toBe("a");
  expect(current(saved, { text: "1" })).toBeUndefined();
  expect(withoutSaved(saved, "a")).toEqual([]);
  expect(withSaved(saved, "  ", {})).toEqual(saved);
});
