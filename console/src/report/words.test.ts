import { expect, test } from "vitest";

import { instants, percent, pieces, said, sentence, step, sureness } from "./words";

test("names in backticks are set apart, a lone backtick is text", () => {
  expect(pieces("a `b` c")).toEqual([
    { text: "a ", code: false },
    { text: "b", code: true },
    { text: " c", code: false },
  ]);
  expect(pieces("a ` b")).toEqual([{ text: "a ` b", code: false }]);
  expect(pieces("`a` ` b").map(({ text }) => text)).toEqual(["a", " ` b"]);
  expect(pieces("")).toEqual([]);
});

test("a step is words, a command, or both", () => {
  expect(step("Correct the name")).toEqual({ words: "Correct the name" });
  expect(step("kubectl get pods -n a")).toEqual({ words: "", command: "kubectl get pods -n a" });
  expect(step("Or look: kubectl get pods -n a")).toEqual({ words: "Or look", command: "kubectl get pods -n a" });
  expect(step("It runs kubectl get pods at night")).toEqual({ words: "It runs kubectl get pods at night" });
  expect(step("See: rm -rf /")).toEqual({ words: "See: rm -rf /" });
});

test("what is not certain is never told as certain", () => {
  expect(percent(0.999)).toBe("99 %");
  expect(percent(1)).toBe("100 %");
  expect(percent(0.97)).toBe("97 %");
  expect(sureness(0.96).word).toBe("Nearly certain");
  expect(sureness(0.49).word).toBe("Not proven");
});

test("an event's quoted message is told as it was said", () => {
  expect(said('"message":"Error: \\"x\\" is not there"')).toBe('Error: "x" is not there');
  expect(said('"message":"cut off')).toBe('"message":"cut off');
  expect(said("it opened")).toBe("it opened");
  expect(sentence("it opened")).toBe("It opened");
  expect(sentence("")).toBe("");
});

test("instants within a text are told another way", () => {
  expect(instants("muted until 2026-03-01T10:00:00.5Z: known", () => "noon")).toBe("muted until noon: known");
});
