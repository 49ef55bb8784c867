import { expect, it } from "vitest";

import { formatOrder, instructions } from "./senders";

it("names address and secret for each format", () => {
  for (const format of formatOrder) {
    const text = instructions(format, "https://assent.example/api/v1/alerts/als_1", "s3cret").map((part) => part.text).join("\n");
    expect(text, format).toContain("https://assent.example/api/v1/alerts/als_1");
    expect(text, format).toContain("s3cret");
  }
});

it("writes the object as the platform reads it", () => {
  const body = /-d '(.*)'/.exec(instructions("generic", "u", "s")[0]?.text ?? "")?.[1] ?? "";
  expect(Object.keys(JSON.parse(body) as object)).toEqual(["title", "severity", "object", "starts_at", "resolved"]);
});
