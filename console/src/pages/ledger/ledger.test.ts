import { describe, expect, it } from "vitest";

import { csv, jsonLines } from "./lines";
import { actionChoices, flat, onTop, type LedgerRecord } from "./records";
import { isNarrowed, readRecordSearch, toQuery } from "./search";

const record = (index: number, more: Partial<LedgerRecord> = {}): LedgerRecord => ({
  index,
  tenant: "tnt_1",
  at: "2026-03-01T12:00:00Z",
  actor: "platform",
  action: "key.manage",
  subject: "key_1",
  outcome: "intended",
  details: null,
  leaf: "sha256:0",
  ...more,
});
const indexes = (records: readonly LedgerRecord[] | undefined) => records?.map(({ index }) => index);

describe("new records", () => {
  const known = [record(5), record(4)];
  it("go on top, each once", () => {
    expect(indexes(onTop(known, { items: [record(7), record(6), record(5)], next: "5" }))).toEqual([7, 6]);
    expect(indexes(onTop(known, { items: [record(5)], next: "5" }))).toEqual([]);
    expect(indexes(onTop([], { items: [record(5)], next: "5" }))).toEqual([5]);
  });
  it("are not taken when some may be missing in between", () => expect(onTop(known, { items: [record(9), record(8)], next: "8" })).toBeUndefined());
  it("are all there when nothing is before them", () => expect(indexes(onTop(known, { items: [record(9)], next: null }))).toEqual([9]));
});

it("pages that overlap are one list", () => {
  expect(indexes(flat([{ items: [record(5), record(4)] }, { items: [record(4), record(3)] }]))).toEqual([5, 4, 3]);
});

describe("the address", () => {
  it("keeps what it knows and drops the rest", () => {
    expect(readRecordSearch({ actor: "platform", environment: "env_1", outcome: "done", range: "7d", action: "", subject: 3, x: "y" })).toEqual({ actor: "platform", environment: "env_1", outcome: "done", range: "7d" });
    expect(readRecordSearch({ outcome: "perhaps", range: "1y" })).toEqual({});
    expect(isNarrowed({})).toBe(false);
    expect(isNarrowed({ range: "1h" })).toBe(true);
  });
  it("asks from a full minute on for a range", () => {
    const now = Date.parse("2026-03-01T12:00:42Z");
    expect(toQuery({ range: "1h", until: "2026-01-01T00:00:00Z", action: "key." }, now)).toEqual({ action: "key.", since: "2026-03-01T11:00:00.000Z" });
    expect(toQuery({ since: "2026-01-01T00:00:00Z" }, now)).toEqual({ since: "2026-01-01T00:00:00Z" });
  });
});

it("actions that were seen can be chosen, and the one that is asked for", () => {
  const [kinds, single] = actionChoices(["key.manage", "incident.mute", "key.manage"], "plan.vote");
  expect(kinds?.items.map(({ value }) => value)).toContain("incident.");
  expect(single?.items.map(({ value }) => value)).toEqual(["incident.mute", "key.manage", "plan.vote"]);
  expect(actionChoices([], "incident.")[1]?.items).toEqual([]);
});

describe("files", () => {
  it("have a record on each line", () => {
    const text = jsonLines([record(1), record(0, { details: { name: "a\nb" } })]);
    expect(text.trimEnd().split("\n").map((line) => (JSON.parse(line) as LedgerRecord).index)).toEqual([1, 0]);
  });
  it("are CSV by its rules", () => {
    const [head, first, ...rest] = csv([record(1, { subject: 'say "a, b"', details: { a: 1 } })]).split("\r\n");
    expect(head).toBe("index,at,actor,action,subject,outcome,tenant,leaf,details");
    expect(first).toBe('1,2026-03-01T12:00:00Z,platform,key.manage,"say ""a, b""",intended,tnt_1,sha256:0,"{""a"":1}"');
    expect(rest).toEqual([""]);
  });
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("hold no formula: %j", (subject) => {
    expect(csv([record(1, { subject })])).toContain(`"'${subject}"`);
  });
});
