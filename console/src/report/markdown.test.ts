import { expect, test } from "vitest";

import type { Schemas } from "../api/client";
import type { Report } from "./evidence";
import { fenced, markdown, plain } from "./markdown";

test("words of others format nothing", () => {
  expect(plain("<img src=x> [a](javascript:b) **c** @all\n# d")).toBe("\\<img src=x\\> \\[a\\](javascript:b) \\*\\*c\\*\\* \\@all \\# d");
  expect(plain("see https://evil.example now")).not.toContain("https://");
  expect(plain("the key `A_B` of `c`")).toBe("the key `A_B` of `c`");
});

test("a fence is longer than what it holds", () => {
  expect(fenced("a")).toBe("```\na\n```");
  expect(fenced("```\nb\n````")).toMatch(/^`````\n/);
});

test("a report is told whole", () => {
  const about = { kind: "Pod", namespace: "shop", name: "cart" };
  const evidence = [{ id: "E1", source: "pods.json", locator: "L1 B2+3", quote: "the words", about }];
  const summary = { title: "Broken: Pod shop/cart", state: "explained", severity: "broken", cluster_name: "one", namespaces: ["shop"], opened_at: "2026-03-01T10:00:00Z" } as unknown as Schemas["IncidentSummary"];
  const report = {
    summary: "It is broken.",
    root_causes: [{ cause: "a.b", title: "A", entity: about, confidence: 0.97, statement: "S.", evidence, chain: [], ruled_out: [{ cause: "c.d", why: "no", evidence: ["E1"] }], next_steps: ["Look: kubectl get pods"], explains: [] }],
    not_proven: [],
    missing_evidence: [{ what: "its log", how: "kubectl logs cart" }],
    findings: [],
  } as unknown as Report;
  const text = markdown(summary, report, "https://assent.example/incidents/1");
  for (const part of ["# Broken: Pod shop/cart", "97 %, nearly certain", "- Look: `kubectl get pods`", "- c.d: no (E1)", "- its log: `kubectl logs cart`", "```\nthe words\n```"]) expect(text).toContain(part);
  expect(markdown(summary, null)).toContain("There is no report yet.");
});
