import { describe, expect, it } from "vitest";

import { ApiProblem } from "../../../api/client";
import { faultOf, lineCount, offsetOf, readFault } from "./fault";

describe("a fault", () => {
  it("is read with its place", () => {
    expect(readFault("`tried`, line 3, column 12: unknown action `incident.shre`; did you mean `incident.share`?")).toEqual({
      policy: "tried",
      line: 3,
      column: 12,
      message: "unknown action `incident.shre`; did you mean `incident.share`?",
    });
  });
  it("leaves out how the library counts", () => expect(readFault("`tried`, line 2, column 30: for policy `policy0`, unrecognized action")?.message).toBe("unrecognized action"));
  it("is none when the words are others", () => expect(readFault("at most 500 texts")).toBeUndefined());
  it("is taken from the field of the text alone", () => {
    const fields = [{ pointer: "/text", detail: "`x`, line 1, column 1: no" }];
    expect(faultOf(new ApiProblem({ title: "", detail: "", fields }, "invalid"))?.line).toBe(1);
    expect(faultOf(new ApiProblem({ title: "", detail: "", fields: [{ pointer: "/name", detail: "no" }] }, "invalid"))).toBeUndefined();
    expect(faultOf(new Error("x"))).toBeUndefined();
  });
});

describe("the place of a fault", () => {
  it("counts characters and not code units", () => {
    expect(offsetOf("ab\ncd", 2, 1)).toBe(3);
    expect(offsetOf("ab\n😀d", 2, 2)).toBe(5);
    expect(offsetOf("ab\ncd", 9, 9)).toBe(5);
    expect(offsetOf("ab\ncd", 1, 99)).toBe(2);
  });
  it("has as many lines as are numbered", () => expect([lineCount(""), lineCount("a\n")]).toEqual([1, 2]));
});
