// A session that ended is over: in this tab, in others, and for whoever kept its cookie.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openBrowser, openContext, settled } from "./browser";
import { PASSWORD, Platform, Session } from "./platform";

let platform: Platform;
let browser: Browser;

beforeAll(async () => {
  platform = await Platform.demo();
  await platform.own();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

it("signing out ends the session everywhere", async () => {
  const { cookie } = await Session.signIn(platform.url);
  const { context } = await openContext(browser, platform.url, { cookie });
  const [one, other] = [await context.newPage(), await context.newPage()];
  await one.goto("/incidents");
  await other.goto("/ledger");
  await settled(one);
  await settled(other);

  await one.getByRole("button", { name: "Your account" }).click();
  await one.getByRole("menuitem", { name: "Sign out" }).click();
  await one.waitForURL(/\/sign-in/);
  await one.goBack();
  await one.waitForURL(/\/sign-in/);

  // The other tab finds out by itself, and would come back to where it was after the sign-in.
  await other.waitForURL(/\/sign-in\?to=/);

  const replayed = await fetch(`${platform.url}/api/v1/me`, { headers: { cookie } });
  expect(replayed.status).toBe(401);
  await context.close();
});

it("a session that was ended elsewhere leaves no page open", async () => {
  const { cookie } = await Session.signIn(platform.url);
  const { context } = await openContext(browser, platform.url, { cookie });
  const page = await context.newPage();
  await page.goto("/incidents?severity=broken");
  await settled(page);
  await (await Session.signIn(platform.url)).call("GET", "/api/v1/me");
  await endOthers(cookie);
  await page.reload();
  await page.waitForURL((url) => url.pathname === "/sign-in" && url.searchParams.get("to") === "/incidents?severity=broken");
  await context.close();
});

it.each(["https://evil.invalid/", "//evil.invalid/", "/\\evil.invalid", "javascript:alert(1)"])("an address that names %s leads nowhere else after the sign-in", async (to) => {
  const { context, faults } = await openContext(browser, platform.url);
  const page = await context.newPage();
  await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
  await page.getByRole("textbox", { name: /^E-mail/ }).fill("ada@example.com");
  await page.getByLabel(/^Password/).first().fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  expect(page.url()).toBe(`${platform.url}/`);
  expect(faults).toEqual([]);
  await context.close();
});

/** Ends the session of this cookie, as the page of the account does it from another browser. */
async function endOthers(cookie: string): Promise<void> {
  const session = await Session.signIn(platform.url);
  const me = await fetch(`${platform.url}/api/v1/me/sessions?limit=100`, { headers: { cookie } });
  const { items } = (await me.json()) as { items: { id: string; current: boolean }[] };
  const mine = items.find(({ current }) => current);
  if (!mine) throw new Error("the session is not in its own list");
  await session.call("DELETE", `/api/v1/me/sessions/${mine.id}`);
}
