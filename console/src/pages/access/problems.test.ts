import { describe, expect, it } from "vitest";

import { ApiProblem } from "../../api/client";
import { secondsToWait, tokenOf, waitWords, wordsOfProvider } from "./problems";

describe("waiting", () => {
  it("is told by the platform and by nobody else", () => {
    const locked = new ApiProblem({ title: "Too many failed attempts", detail: "", status: 429, retry_after_s: 30 }, "locked_out");
    expect(secondsToWait(locked)).toBe(30);
    expect(secondsToWait(new ApiProblem({ title: "", detail: "" }, "internal"))).toBeUndefined();
  });
  it.each([
    [0.4, "1 second"],
    [30, "30 seconds"],
    [121, "3 minutes"],
    [7_000, "2 hours"],
  ])("of %d s reads %s", (seconds, words) => expect(waitWords(seconds)).toBe(words));
});

describe("the link", () => {
  it("is taken only in the form that the platform gives it", () => {
    expect(tokenOf("#tnt_01a1.acc_01a1.HamMb-S_cQ")).toBe("tnt_01a1.acc_01a1.HamMb-S_cQ");
    expect(tokenOf("#<script>")).toBeUndefined();
    expect(tokenOf("")).toBeUndefined();
  });
});

it("has words for problems that it does not know", () => {
  expect(wordsOfProvider("<b>")).not.toContain("<b>");
  expect(wordsOfProvider("unavailable")).toContain("does not answer");
});
