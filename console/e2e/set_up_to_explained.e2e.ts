// A newcomer opens the link that the platform prints, and gets to an incident that is explained, with its evidence.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { LAPTOP, openBrowser, openContext, PHONE } from "./browser";
import { PASSWORD, Platform } from "./platform";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser?.close());

it.each([
  ["a laptop", LAPTOP],
  ["a phone", PHONE],
])("from the printed link to the exact words of the evidence, on %s", async (_, viewport) => {
  const platform = await Platform.demo();
  const { context, faults } = await openContext(browser, platform.url, { viewport });
  const page = await context.newPage();
  await page.goto(`/set-up#${platform.setUpToken}`);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("textbox", { name: /^Name/ }).fill("Ada");
  await page.getByLabel(/^Password/).first().fill(PASSWORD);
  await page.getByRole("button", { name: "Make the first account" }).click();
  await page.getByRole("link", { name: "Go to the overview" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  expect(page.url(), "the secret of the link is gone from the address").not.toContain("#");

  await page.goto("/incidents");
  await page.getByRole("link", { name: /selector matches no pod/ }).first().click();
  await page.getByRole("heading", { level: 1, name: /selector matches no pod/ }).waitFor();
  await page.getByRole("button", { name: "Evidence E1" }).first().click();
  const drawer = page.getByRole("dialog");
  await drawer.getByLabel("The exact words").waitFor();
  expect(await drawer.locator("mark").innerText()).not.toBe("");
  await drawer.getByText("Checked: these words stand at this place").waitFor();
  expect(page.url(), "the evidence has an address of its own").toContain("evidence=E1");

  expect(faults).toEqual([]);
  await context.close();
  await platform.stop();
});
