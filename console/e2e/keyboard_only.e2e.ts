// Everything that an on-call engineer needs at night goes without a pointer.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openBrowser, openContext } from "./browser";
import { PASSWORD, Platform } from "./platform";

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

it("signs in, finds, reads and comments by keys alone", async () => {
  const { context, faults } = await openContext(browser, platform.url);
  const page = await context.newPage();
  const { keyboard } = page;
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").waitFor();
  await reach(page, "E-mail");
  await keyboard.type("ada@example.com");
  await reach(page, "Password");
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

  await keyboard.press("g");
  await keyboard.press("i");
  await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
  await page.getByRole("listitem").first().waitFor();
  await keyboard.press("/");
  await keyboard.type("selector");
  await page.waitForURL(/text=selector/);
  await keyboard.press("Escape");
  await page.getByRole("listitem").getByRole("link", { name: /selector matches no pod/ }).first().waitFor();
  await page.getByRole("listitem").nth(1).waitFor({ state: "detached" });
  await keyboard.press("j");
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /selector matches no pod/ }).waitFor();
  await page.getByRole("button", { name: "Evidence E1" }).first().waitFor();

  await keyboard.press("e");
  await page.getByLabel("The exact words").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await keyboard.press("c");
  await keyboard.type("Looking at it");
  await keyboard.press("Control+Enter");
  await page.getByRole("log", { name: "Comments" }).getByText("Looking at it").waitFor();

  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await keyboard.press("Control+k");
  await page.getByRole("textbox", { name: "Search and commands" }).waitFor();
  await keyboard.type("ledger");
  await page.locator("[data-selected]", { hasText: "Ledger" }).waitFor();
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Ledger" }).waitFor();
  await page.locator("[aria-modal=true]").waitFor({ state: "detached" });
  await keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

/** Tabs until the field of this name has the focus. */
async function reach(page: Page, name: string): Promise<void> {
  const field = page.getByRole("textbox", { name: new RegExp(`^${name}`) }).or(page.getByLabel(new RegExp(`^${name}`))).first();
  for (let presses = 0; presses < 30; presses += 1) {
    if (await field.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${name}`);
}
