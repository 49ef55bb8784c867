import { expect, it } from "vitest";

import { titleOf } from "./title";

it.each([
  [{ word: "roll_back", parameters: { to_revision: 6 } }, "Roll back to revision 6"],
  [{ word: "set_image", parameters: { container: "app\u202e", image: `r/${"x".repeat(80)}:1`, origin: { stated: {} } } }, `Set the image of app\\u202e to r/${"x".repeat(58)}…`],
  [{ word: "set_resources", parameters: { container: "app", compute: "memory", limit: "256Mi" } }, "Set the memory of app: limit 256Mi"],
  [{ word: "fix_port", parameters: { place: { service_target: 80 }, port: { name: "http" } } }, "Correct a port to http"],
  [{ word: "adjust_autoscaler", parameters: { max: 9 } }, "Let the autoscaler have at most 9 replicas"],
  [{ word: "adjust_budget", parameters: { bound: { max_unavailable: 1 } } }, "Let no more than 1 pods go at once"],
  [{ word: "custom_patch", parameters: { edits: [] } }, "Custom patch"],
] as const)("%j", (action, title) => expect(titleOf(action as unknown as Parameters<typeof titleOf>[0])).toBe(title));
