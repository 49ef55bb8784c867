import { expect, it } from "vitest";

import { pieces } from "./pieces";

it("cuts at bytes, whatever the characters", () => {
  const text = "é😀 key=abc end";
  const bytes = new TextEncoder();
  const start = bytes.encode("é😀 key=").length;
  expect(pieces(text, [{ rule: "mine", start_bytes: start, length_bytes: 3 }])).toEqual([{ text: "é😀 key=" }, { text: "abc", rule: "mine" }, { text: " end" }]);
});

it("leaves out what does not fit", () => {
  expect(pieces("abc", [{ rule: "x", start_bytes: 2, length_bytes: 9 }])).toEqual([{ text: "abc" }]);
  expect(pieces("é", [{ rule: "x", start_bytes: 1, length_bytes: 1 }])).toEqual([{ text: "é" }]);
  expect(pieces("", [])).toEqual([]);
});

it("takes places in any order, and none twice", () => {
  const at = (start_bytes: number) => ({ rule: "x", start_bytes, length_bytes: 2 });
  expect(pieces("aabbcc", [at(4), at(0), at(1)]).map(({ rule }) => rule)).toEqual(["x", undefined, "x"]);
});
