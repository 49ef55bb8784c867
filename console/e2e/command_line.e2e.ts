// A command line is let in from the browser: what the page says, what it allows, and what it never does.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { giveAuthenticator } from "./authenticator";
import { openBrowser, openContext, settled, type Faults } from "./browser";
import { PASSWORD, Platform, Session } from "./platform";
import { Terminal } from "./terminal";

let platform: Platform;
let browser: Browser;
let terminal: Terminal;
/** The page of a question is at the name of this machine, where there are passkeys. */
let url: string;

beforeAll(async () => {
  platform = await Platform.up();
  await platform.own();
  browser = await openBrowser();
  terminal = new Terminal(platform.url);
  url = platform.url.replace("127.0.0.1", "localhost");
});

afterAll(async () => {
  terminal?.forget();
  await browser?.close();
  await platform?.stop();
});

const ASKS = "A command line asks to act as you";

/** What went wrong, but for the way back to a listener of this machine. */
const grave = (faults: Faults) => faults.filter((fault) => !/^request elsewhere: http:\/\/127\.0\.0\.1:\d+\/(assent\/signed-in\?|favicon\.ico)/.test(fault));

async function signedInPage(cookie?: string): Promise<{ page: Page; faults: Faults; close: () => Promise<void> }> {
  const { context, faults } = await openContext(browser, url, { cookie: cookie ?? (await Session.signIn(url)).cookie });
  return { page: await context.newPage(), faults, close: () => context.close() };
}

it("lets a command line in after the sign-in, lists it, and ends it", async () => {
  const login = await terminal.login("--browser", "--no-open");
  const { context, faults } = await openContext(browser, url);
  const page = await context.newPage();
  await page.goto(login.page);
  await page.getByRole("textbox", { name: /^E-mail/ }).fill("ada@example.com");
  await page.getByLabel(/^Password/).first().fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: ASKS }).waitFor();
  await page.getByText(login.check).waitFor();
  await page.getByText("Ada (ada@example.com)").waitFor();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("You are signed in on the command line.").waitFor();
  const ended = await login.ended;
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.out).toContain("Signed in to");
  expect(`${ended.out}${ended.err}`).not.toMatch(/code=/);
  expect((await terminal.run("whoami")).out).toContain("Ada <ada@example.com>");

  await page.goto(`${url}/account`);
  const row = page.getByRole("row", { name: /Command line on/ });
  await row.getByRole("button", { name: "End it" }).click();
  await row.waitFor({ state: "detached" });
  expect((await terminal.run("whoami")).code).not.toBe(0);
  expect(grave(faults)).toEqual([]);
  await context.close();
});

// Tried again if it fails: once it timed out after Allow was pressed, and the cause is not known.
it("lets a command line in for somebody who has a passkey and no password", { retry: 2 }, async () => {
  const own = await Platform.up();
  const place = own.url.replace("127.0.0.1", "localhost");
  const { context, faults } = await openContext(browser, place);
  const page = await context.newPage();
  await giveAuthenticator(context, page);
  await page.goto(`/set-up#${own.setUpToken}`);
  await page.getByRole("textbox", { name: /^E-mail/ }).fill("ada@example.com");
  await page.getByRole("textbox", { name: /^Name/ }).fill("Ada");
  await page.getByText(/passkey/i).first().click();
  await page.getByRole("button", { name: "Make the first account" }).click();
  await page.getByRole("heading", { name: /^Welcome/ }).waitFor();
  await context.clearCookies();

  const theirs = new Terminal(own.url);
  const login = await theirs.login("--browser", "--no-open");
  await page.goto(login.page);
  const allow = page.getByRole("button", { name: "Allow" });
  await page.getByRole("button", { name: /passkey/i }).or(allow).first().waitFor();
  // The browser may offer the passkey by itself, before anybody asks.
  await page.getByRole("button", { name: /passkey/i }).click({ timeout: 3_000 }).catch(() => undefined);
  await page.getByText(login.check).waitFor();
  await allow.click();
  await page.getByText("You are signed in on the command line.").waitFor();
  expect((await login.ended).code).toBe(0);
  expect((await theirs.run("whoami")).out).toContain("Ada <ada@example.com>");
  expect(grave(faults)).toEqual([]);
  theirs.forget();
  await context.close();
  await own.stop();
});

it("says no, and the command line ends at once", async () => {
  const login = await terminal.login("--browser", "--no-open");
  const { page, faults, close } = await signedInPage();
  await page.goto(login.page);
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByText("Nobody was signed in").waitFor();
  expect(await login.ended).toMatchObject({ code: 3, err: expect.stringContaining("refused in the browser") });
  expect(grave(faults)).toEqual([]);
  await close();
});

it("shows a code to paste, with a warning, and it holds once", async () => {
  const login = await terminal.login("--no-browser");
  const { page, faults, close } = await signedInPage();
  await page.goto(login.page);
  await page.getByText("Whoever has the code that comes next acts as you").waitFor();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { level: 1, name: "The code for your terminal" }).waitFor();
  const code = (await page.locator("pre").first().innerText()).trim();
  expect(code).toMatch(/^[\w-]{43}$/);
  login.paste(code);
  const ended = await login.ended;
  expect(ended).toMatchObject({ code: 0 });
  expect(`${ended.out}${ended.err}`).not.toContain(code);
  const again = await terminal.login("--no-browser");
  again.paste(code);
  expect(await again.ended).toMatchObject({ code: 3, err: expect.stringContaining("does not hold") });
  expect((await terminal.run("logout")).code).toBe(0);
  expect((await terminal.run("whoami")).code).not.toBe(0);
  expect(faults).toEqual([]);
  await close();
});

it("a link that somebody sends gives them nothing: the browser goes to its own machine alone", async () => {
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const { page, faults, close } = await signedInPage();
  const gone: string[] = [];
  page.on("request", (request) => request.isNavigationRequest() && gone.push(new URL(request.url()).host));
  for (const changed of ["loopback=evil.invalid&port=40999", "loopback=v4&port=40999%40evil.invalid", "loopback=v4&port=443", "redirect=https%3A%2F%2Fevil.invalid&loopback=v4"]) {
    await page.goto(`/command-line?challenge=${challenge}&host=laptop&state=${challenge}&${changed}`);
    await page.getByText("This page needs its whole address").waitFor();
  }
  await page.goto(`/command-line?challenge=${challenge}&host=laptop&loopback=v4&port=40999&state=${challenge}`);
  await page.getByText("If somebody sent you the link to this page, refuse").waitFor();
  // Nothing listens there: the browser says so, and the code has gone nowhere.
  await page.getByRole("button", { name: "Allow" }).click();
  await expect.poll(() => gone.at(-1)).toBe("127.0.0.1:40999");
  expect(new Set(gone)).toEqual(new Set([new URL(url).host, "127.0.0.1:40999"]));
  expect(grave(faults)).toEqual([]);
  await close();
});

it("what a command line calls its machine is text and nothing more", async () => {
  const { page, faults, close } = await signedInPage();
  const host = '<img src=x onerror=pwned("host")>';
  await page.goto(`/command-line?challenge=${"E".repeat(43)}&host=${encodeURIComponent(host)}`);
  await page.getByText(host).waitFor();
  await settled(page);
  expect(await page.locator("img[src=x]").count()).toBe(0);
  expect(faults).toEqual([]);
  await close();
});

it("goes by keys alone, and nothing is allowed by one press of Enter", async () => {
  const login = await terminal.login("--browser", "--no-open");
  const { page, close } = await signedInPage();
  await page.goto(login.page);
  await page.getByRole("button", { name: "Allow" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: ASKS }).waitFor();
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.getByRole("button", { name: "Allow" }).evaluate((button) => button === document.activeElement)) break;
  }
  await page.keyboard.press("Enter");
  await page.getByText("You are signed in on the command line.").waitFor();
  expect((await login.ended).code).toBe(0);
  await close();
});

it("no other site can show the page in a frame", async () => {
  const answer = await fetch(`${url}/command-line`);
  expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
});
