import { expect, it } from "vitest";

import { lineDiff } from "./lines";

const drawn = (before: string, after: string) => lineDiff(before, after).map((line) => (line.mark === "…" ? `…${line.count}` : line.mark + line.text));

it("what differs stands between what is the same", () => {
  expect(drawn("a\nb\nc", "a\nx\nc")).toEqual([" a", "-b", "+x", " c"]);
  expect(drawn("", "a")).toEqual(["-", "+a"]);
  expect(drawn("a\nb", "b")).toEqual(["-a", " b"]);
});

it("long runs of the same are counted", () => {
  const many = Array.from({ length: 20 }, (_, n) => `l${n}`).join("\n");
  expect(drawn(many, many.replace("l10\n", ""))).toEqual(["…7", " l7", " l8", " l9", "-l10", " l11", " l12", " l13", "…6"]);
});

it("a single line is not worth a count", () => {
  expect(drawn("[\na\nb\nc\nd", "[\na\nb\nc\ne")[0]).toBe(" [");
});

it("both sides can be made again from the lines", () => {
  const [a, b] = ["x\ny\nz\ny", "y\nz\nq\ny\ny"];
  const lines = lineDiff(a, b);
  const side = (mark: string) => lines.flatMap((line) => (line.mark !== "…" && (line.mark === " " || line.mark === mark) ? [line.text] : [])).join("\n");
  expect(side("-")).toBe(a);
  expect(side("+")).toBe(b);
});

it("texts too long to compare are shown one after the other", () => {
  const long = "a\n".repeat(2_000);
  expect(lineDiff(long, long).filter(({ mark }) => mark === "-")).toHaveLength(2_001);
});
