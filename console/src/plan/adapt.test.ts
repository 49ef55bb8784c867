import { expect, it } from "vitest";

import { proposalOf, typedOf } from "./adapt";
import { canonical } from "./json";
import { readPlan } from "./plan";
import { planVectors } from "./vectors";

it.each(planVectors().map(({ bytes }) => [readPlan(bytes).action.word, readPlan(bytes)] as const))("a form for %s proposes the same when nothing is changed in it", (word, { target, action }) => {
  const proposal = proposalOf(target.object, word, typedOf(word, action.parameters));
  expect(proposal).toBe(canonical({ target: { ...target.object }, action: { [word]: action.parameters } }));
});

const target = { kind: "Deployment", namespace: "shop", name: "cart" };

it("what was typed is what is proposed", () => {
  expect(JSON.parse(proposalOf(target, "scale", { replicas: "3" }))).toEqual({ target, action: { scale: { replicas: 3 } } });
  expect(JSON.parse(proposalOf(target, "set_env", { container: "app", name: "A", value: "", "origin.is": "stated" }))).toEqual({ target, action: { set_env: { container: "app", name: "A", value: "", origin: { stated: {} } } } });
  expect(JSON.parse(proposalOf(target, "fix_port", { "place.is": "probe", "place.container": "app", "place.probe": "liveness", "port.is": "number", "port.of": "80" })).action.fix_port).toEqual({
    place: { probe: { container: "app", probe: "liveness" } },
    port: { number: 80 },
  });
});

it.each([
  ["scale", {}, "Replicas is missing"],
  ["scale", { replicas: "many" }, "digits"],
  ["scale", { replicas: "1001" }, "not what it may be"],
  ["set_resources", { container: "app", compute: "cpu", request: "1.5" }, "Request is not"],
  ["set_resources", { container: "app" }, "Of what is missing"],
  ["set_env", { container: "app", name: "A", value: "x" }, "comes from is missing"],
  ["set_env", { container: "app", name: "A", value: "x", "origin.is": "revision" }, "Revision is missing"],
  ["fix_port", { "place.is": "probe", "place.container": "app", "place.probe": "alive", "port.is": "number", "port.of": "80" }, "not what it may be"],
  ["custom_patch", { edits: "{" }, "no JSON"],
  ["custom_patch", { edits: '[{"path":"/spec/a","op":"x"}]' }, "not what it may be"],
] as const)("%s with %j is not proposed", (word, typed, words) => {
  expect(() => proposalOf(target, word, typed)).toThrow(words);
});
