// No page has a serious or critical fault that axe can see, light or dark, wide or narrow.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { serious } from "./axe";
import { LAPTOP, openBrowser, openContext, PHONE, settled } from "./browser";
import { inside, outside } from "./pages";
import { firstPlan } from "./executor";
import { Platform, type Session } from "./platform";

let platform: Platform;
let session: Session;
let browser: Browser;
let incident: string;
let plan: string;

beforeAll(async () => {
  platform = await Platform.demo();
  session = await platform.own();
  browser = await openBrowser();
  incident = await firstIncident();
  plan = await firstPlan(session);
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

it.each([
  ["light", "a laptop", LAPTOP],
  ["dark", "a laptop", LAPTOP],
  ["light", "a phone", PHONE],
  ["dark", "a phone", PHONE],
] as const)("axe finds nothing serious in %s on %s", async (colorScheme, _, viewport) => {
  const found: string[] = [];
  for (const cookie of ["", session.cookie]) {
    const { context, faults } = await openContext(browser, platform.url, { cookie, colorScheme, viewport });
    const page = await context.newPage();
    for (const path of cookie ? [...inside, `/incidents/${incident}`, `/actions/${plan}`] : outside) {
      await page.goto(path);
      await settled(page);
      for (const fault of await serious(page)) found.push(`${path} ${fault}`);
    }
    expect(faults).toEqual([]);
    await context.close();
  }
  expect(found).toEqual([]);
});

async function firstIncident(): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { items } = await session.call<{ items: { id: string; state: string }[] }>("GET", "/api/v1/incidents");
    const explained = items.find(({ state }) => state === "explained");
    if (explained) return explained.id;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the demo opened no incident");
}
