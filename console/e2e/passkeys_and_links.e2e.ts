// The first owner never has a password: a passkey sets up and signs in. A report is shared with somebody who has no account, until it is not.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { giveAuthenticator } from "./authenticator";
import { openBrowser, openContext } from "./browser";
import { Platform } from "./platform";

let platform: Platform;
let browser: Browser;
/** Browsers give passkeys to a name, and to no address. */
let url: string;

beforeAll(async () => {
  platform = await Platform.demo();
  url = platform.url.replace("127.0.0.1", "localhost");
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

it("a passkey sets up and signs in, and a link shows one report until it is revoked", async () => {
  const { context, faults } = await openContext(browser, url);
  const page = await context.newPage();
  await giveAuthenticator(context, page);
  await page.goto(`/set-up#${platform.setUpToken}`);
  await page.getByRole("textbox", { name: /^E-mail/ }).fill("ada@example.com");
  await page.getByRole("textbox", { name: /^Name/ }).fill("Ada");
  await page.getByText(/passkey/i).first().click();
  await page.getByRole("button", { name: "Make the first account" }).click();
  await page.getByRole("heading", { name: /^Welcome/ }).waitFor();

  await page.goto("/incidents");
  await page.getByRole("link", { name: /selector matches no pod/ }).first().click();
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("button", { name: /^(Make|Create)/ }).click();
  const link = await page.getByRole("textbox", { name: "The link" }).inputValue();
  const { context: elsewhere, faults: theirs } = await openContext(browser, url);
  const guest = await elsewhere.newPage();
  await guest.goto(link);
  await guest.getByRole("heading", { level: 1, name: /selector matches no pod/ }).waitFor();
  await page.getByRole("button", { name: "Revoke the link" }).first().click();
  await page.getByRole("cell", { name: "revoked", exact: true }).first().waitFor();
  await guest.reload();
  await guest.getByRole("heading", { name: "This link shows nothing" }).waitFor();

  await page.goto("/account");
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(/\/sign-in/);
  // The browser may offer the passkey by itself, before anybody asks.
  const signedIn = page.getByRole("heading", { level: 1, name: "Overview" });
  await page.getByRole("button", { name: /passkey/i }).or(signedIn).first().waitFor();
  await page.getByRole("button", { name: /passkey/i }).click({ timeout: 3_000 }).catch(() => undefined);
  await signedIn.waitFor();
  expect([...faults, ...theirs]).toEqual([]);
  await context.close();
  await elsewhere.close();
});
