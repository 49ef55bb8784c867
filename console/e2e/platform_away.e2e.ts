// A page says when what it shows may be old, and catches up by itself.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openBrowser, openContext, settled } from "./browser";
import { Observer } from "./observer";
import { illDeployment } from "./objects";
import { Platform, type Session } from "./platform";

let platform: Platform;
let session: Session;
let browser: Browser;

beforeAll(async () => {
  platform = await Platform.up();
  session = await platform.own();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

it("a stale tab recovers: it says that it is not live, and shows afterwards what it missed", async () => {
  const observer = await Observer.connect(session);
  const { context, faults } = await openContext(browser, platform.url, { cookie: session.cookie });
  const page = await context.newPage();
  await page.goto("/incidents");
  await settled(page);

  // The network of this browser is cut; the platform goes on.
  await context.setOffline(true);
  await page.getByText("You are offline").waitFor();
  await observer.saw(...illDeployment("catalog"));
  await observer.listed();
  await context.setOffline(false);
  await page.getByRole("link", { name: /image or its tag does not exist/ }).waitFor({ timeout: 60_000 });
  await page.getByText("You are offline").waitFor({ state: "detached" });
  expect(faults).toEqual([]);
  await context.close();
});

it("with no platform behind it a page says so, and tries again when asked", async () => {
  const { context } = await openContext(browser, platform.url, { cookie: session.cookie });
  const page = await context.newPage();
  await page.goto("/settings/clusters");
  await settled(page);
  await context.route("**/api/**", (route) => route.abort());
  await page.getByRole("link", { name: "Policies" }).first().click();
  await page.getByRole("alert").getByText("The platform does not answer").first().waitFor();
  await context.unroute("**/api/**");
  await page.getByRole("button", { name: "Try again" }).first().click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await context.close();
});
