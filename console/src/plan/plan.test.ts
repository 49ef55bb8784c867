import { expect, it } from "vitest";

import { planDigest } from "./digest";
import { canonical, readCanonical, seen, type Json } from "./json";
import { readPlan, tryPlan } from "./plan";
import { planVectors } from "./vectors";

const vectors = planVectors().map(({ bytes, digest }) => ({ bytes, digest, plan: readPlan(bytes) }));

it("there are plans of several actions", () => expect(new Set(vectors.map(({ plan }) => plan.action.word)).size).toBeGreaterThan(8));

it.each(vectors.map((vector) => [vector.plan.action.word, vector] as const))("a plan to %s has the platform's digest", async (_, { bytes, digest }) => {
  expect(canonical(readCanonical(bytes))).toBe(bytes);
  expect(await planDigest(bytes)).toBe(digest);
  expect(await planDigest(`${bytes} `)).not.toBe(digest);
});

/** Every place in a value where something could be added or taken away. */
function* spoiled(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) for (const other of spoiled(item)) yield value.map((one, index) => (index === at ? other : one));
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, unknown: 1 };
    for (const [key, item] of Object.entries(value)) for (const other of spoiled(item)) yield { ...value, [key]: other };
  }
}

/** Values of the cluster may have any field. */
const isFree = (text: string) => /"(?:value|spec|metadata|labels)":(?:(?!"(?:op|path)").)*"unknown":1/.test(text);

it("a field that is not known is refused wherever it stands", () => {
  let tried = 0;
  for (const { bytes } of vectors) {
    for (const other of spoiled(readCanonical(bytes))) {
      const text = canonical(other);
      if (isFree(text)) continue;
      tried += 1;
      expect(tryPlan(text), text).toHaveProperty("unreadable");
    }
  }
  expect(tried).toBeGreaterThan(100);
});

it("a field that is missing is refused", () => {
  for (const { bytes } of vectors) {
    const whole = readCanonical(bytes) as { [key: string]: Json };
    for (const key of Object.keys(whole)) {
      const { [key]: _, ...rest } = whole;
      expect(tryPlan(canonical(rest)), key).toHaveProperty("unreadable");
    }
  }
});

it("another spelling of the same plan is refused", () => {
  const { bytes } = vectors[0] ?? { bytes: "" };
  const value = readCanonical(bytes) as { [key: string]: Json };
  const others = [
    ` ${bytes}`,
    JSON.stringify(value, null, 1),
    bytes.replace("{", '{"action":{"restart":{}},'),
    bytes.replace('"version":1', '"version":1.0'),
    bytes.replace('"version":1', '"version":2'),
    bytes.replace('"version":1', '"version":1,"version":1'),
    bytes.replace('"risk"', '"r\\u0069sk"'),
    bytes.replace(/"says":"/, '"says":"\ud800'),
    JSON.stringify(Object.fromEntries(Object.entries(value).reverse())),
    "",
    "null",
    "[".repeat(200_000),
    '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000),
  ];
  for (const other of others) expect(tryPlan(other), other.slice(0, 60)).toHaveProperty("unreadable");
});

it.each([
  [{ b: 1, a: [true, null, "é\n"], "€": "\u20ac", "\r": 0.002, "1": 1e21 }, '{"\\r":0.002,"1":1e+21,"a":[true,null,"é\\n"],"b":1,"€":"€"}'],
  ["</script>", '"</script>"'],
])("%j is spelled in one way", (value, text) => expect(canonical(value as Json)).toBe(text));

it("nothing is unseen", () => {
  expect(seen("a\u202eb\u200bc\u0000\ufeff\u{e0041}")).toBe("a\\u202eb\\u200bc\\u0000\\ufeff\\udb40\\udc41");
  expect(seen("a\nb\u2028", true)).toBe("a\nb\\u2028");
  expect(JSON.parse(seen(JSON.stringify({ a: "\u202e\n👩‍👩‍👧 é" })))).toEqual({ a: "\u202e\n👩‍👩‍👧 é" });
});
