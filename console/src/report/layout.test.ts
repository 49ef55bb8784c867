import { expect, test } from "vitest";

import { isOneLineJson, layOut, type Excerpt } from "./layout";

const split = (text: string, quote: string): Excerpt => {
  const at = text.indexOf(quote);
  return { before: text.slice(0, at), quote, after: text.slice(at + quote.length) };
};
const whole = ({ before, quote, after }: Excerpt) => before + quote + after;

test("whole JSON is laid out like the common form, and keeps its marked words", () => {
  const value = { a: { b: "x{,}\\\"y", c: [1, { d: null }], e: {}, f: [] }, g: "é" };
  for (const quote of ['"b":"x{,}', '"d":null', '"g"', '"c":[1,{"d":null}]', '"a"']) {
    const excerpt = split(JSON.stringify(value), quote);
    const laid = layOut(excerpt);
    expect(whole(laid)).toBe(JSON.stringify(value, null, 2));
    expect(JSON.stringify(laid.quote).replace(/\s|\\n/g, "")).toBe(JSON.stringify(quote).replace(/\s/g, ""));
    expect(laid.quote).toBe(laid.quote.trim());
  }
});

test("text that is cut keeps every character", () => {
  const cut = split('rest of a text, with } in it","k":"v"}},"next":{"x":"begins', '"k":"v"');
  const laid = layOut(cut);
  expect(whole(laid).replace(/[\n ]/g, "")).toBe(whole(cut).replace(/[\n ]/g, ""));
  expect(laid.quote).toBe('"k": "v"');
  expect(laid.before.startsWith("rest of a text, with } in it")).toBe(true);
});

test("only JSON in one line is laid out", () => {
  expect(isOneLineJson(split('{"a":"b"}', '"a":"b"'))).toBe(true);
  expect(isOneLineJson(split('{\n"a":"b"}', '"a":"b"'))).toBe(false);
  expect(isOneLineJson(split("level=error msg=x", "msg=x"))).toBe(false);
  expect(isOneLineJson({ before: "", quote: '"a"', after: "" })).toBe(false);
});
