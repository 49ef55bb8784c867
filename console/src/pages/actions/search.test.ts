import { expect, it } from "vitest";

import { asked, canonical, narrowings, readPlanSearch, views } from "./search";
import { planStates } from "../../parts/plans";

it("an address says only what it may", () => {
  expect(readPlanSearch({ view: "mine", cluster: "cls_1", state: "running", limit: "9", incident: "", assignee: 7 })).toEqual({ view: "mine", cluster: "cls_1" });
  expect(readPlanSearch({ view: "everything" })).toEqual({});
});

it("without a view, what needs somebody or is under way is asked for", () => {
  expect(asked({}).state).toBe("advice,awaiting,approved,running");
  expect(asked({ view: "mine", incident: "inc_1" })).toEqual({ mine: true, incident: "inc_1" });
  expect(asked({ view: "all" })).toEqual({});
});

it("every state is in a list", () => {
  const listed = [undefined, ...views].flatMap((view) => asked(view ? { view } : {}).state?.split(",") ?? []);
  for (const state of planStates) expect(listed).toContain(state);
});

it("searches that mean the same are the same", () => {
  expect(canonical({ view: "done", cluster: "a" })).toBe(canonical({ cluster: "a", view: "done" }));
  expect(narrowings({ view: "done", cluster: "a", incident: "b" })).toBe(2);
});
