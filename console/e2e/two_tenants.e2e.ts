// Two organisations on one platform, side by side in two browsers: neither learns of the other.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openBrowser, openContext, settled } from "./browser";
import { illDeployment } from "./objects";
import { Observer } from "./observer";
import { PASSWORD, Platform, Session } from "./platform";

let platform: Platform;
let browser: Browser;
let first: Session;
let second: Session;

beforeAll(async () => {
  platform = await Platform.up();
  first = await platform.own();
  const { link } = await first.call<{ link: string }>("POST", "/api/v1/tenants", { name: "Second" });
  second = await Session.open(platform.url, "/api/v1/set-up", { token: link.split("#")[1], email: "otto@example.org", name: "Otto", password: PASSWORD });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

it("each sees its own incident, live, and nothing of the other", async () => {
  const [ours, theirs] = [await Observer.connect(first, "ours", "east"), await Observer.connect(second, "theirs", "west")];
  const [left, right] = [await openContext(browser, platform.url, { cookie: first.cookie }), await openContext(browser, platform.url, { cookie: second.cookie })];
  const [one, other] = [await left.context.newPage(), await right.context.newPage()];
  await one.goto("/incidents");
  await other.goto("/incidents");
  await settled(one);
  await settled(other);
  for (const [observer, name] of [[ours, "alpha"], [theirs, "omega"]] as const) {
    await observer.saw(...illDeployment(name));
    await observer.listed();
  }
  await one.getByText("alpha").first().waitFor();
  await other.getByText("omega").first().waitFor();

  const { items } = await second.call<{ items: { id: string }[] }>("GET", "/api/v1/incidents");
  for (const path of ["/", "/incidents", "/topology?view=table", "/ledger", "/settings/clusters", "/settings/members"]) {
    await one.goto(path);
    await settled(one);
    const text = await one.locator("body").innerText();
    for (const word of ["omega", "Otto", "otto@example.org", "Second", "theirs", "west"]) expect(text, `${word} on ${path}`).not.toMatch(new RegExp(`\\b${word}\\b`));
  }
  await one.goto(`/incidents/${items[0]?.id}`);
  await one.getByText(/There is no such/).first().waitFor();
  expect(await one.locator("body").innerText()).not.toContain("omega");
  expect([...left.faults, ...right.faults]).toEqual([]);
  await left.context.close();
  await right.context.close();
});
