import { expect, test } from "vitest";

import { arrange } from "./order";

const list = (...ids: string[]) => ids.map((id) => ({ id }));
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).join("");

test("rows stay in place, new ones wait", () => {
  const { rows, waiting } = arrange(["a", "b", "c"], list("n", "c", "a", "b"));
  expect(ids(rows)).toBe("abc");
  expect(waiting).toBe(1);
});

test("what is gone goes, and what follows is a further page", () => {
  const { rows, waiting } = arrange(["a", "b", "c"], list("c", "a", "d", "e"));
  expect(ids(rows)).toBe("acde");
  expect(waiting).toBe(0);
});

test("a list with nothing in common is shown as it is", () => {
  expect(ids(arrange(["x"], list("a", "b")).rows)).toBe("ab");
  expect(ids(arrange([], list("a")).rows)).toBe("a");
  expect(arrange(["x"], list("a")).waiting).toBe(0);
});
