import { expect, test } from "vitest";

import { neighbours } from "./lastList";

test("neighbours are those of the list", () => {
  expect(neighbours(["a", "b", "c"], "b")).toEqual({ before: "a", after: "c" });
  expect(neighbours(["a", "b"], "a")).toEqual({ after: "b" });
  expect(neighbours(["a", "b"], "x")).toEqual({});
});
