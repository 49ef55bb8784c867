// People of an organisation's provider: a real one (oidc-provider, certified by the OpenID Foundation), at another site than the platform.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openBrowser, openContext, settled, type Faults } from "./browser";
import { Platform, type Session } from "./platform";
import { enterAtProvider, freePort, IdentityProvider, type People } from "./provider";
import { Terminal } from "./terminal";

const SECRET = "a secret of both sides";
const people: People = {
  grace: { name: "Grace", email: "grace@example.com", email_verified: true, groups: ["sre", "staff"] },
  linus: { name: "Linus", groups: ["staff"] },
};

let platform: Platform;
let provider: IdentityProvider;
let browser: Browser;
let owner: Session;
let folder: string;
let url: string;

beforeAll(async () => {
  const [port, providerPort] = [await freePort(), await freePort()];
  // A name and an address: to a browser these are two sites.
  url = `http://localhost:${port}`;
  provider = new IdentityProvider(providerPort, `${url}/api/v1/oidc/corp/callback`, SECRET);
  folder = mkdtempSync(join(tmpdir(), "assent-oidc-"));
  writeFileSync(join(folder, "secret"), SECRET, { mode: 0o600 });
  const configuration = `public_url: ${url}
oidc:
  - name: corp
    issuer: ${provider.issuer}
    client_id: assent
    client_secret_file: ${join(folder, "secret")}
    scopes: [groups]
`;
  platform = await Platform.configured(port, configuration);
  owner = await platform.own();
  await owner.call("PUT", "/api/v1/groups", { groups: [{ group: "sre", grants: [{ role: "operator" }] }] });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
  await provider?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What went wrong, but for what the provider and the command line are asked, and what the provider's own pages would have. */
const grave = (faults: Faults) => faults.filter((fault) => !/^request elsewhere: (http:\/\/127\.0\.0\.1:\d+|https:\/\/fonts\.googleapis\.com)\//.test(fault));

/** Somebody who has not signed in. What the provider's pages want from elsewhere, they do not get. */
async function stranger(): Promise<{ page: Page; faults: Faults; close: () => Promise<void> }> {
  const { context, faults } = await openContext(browser, url);
  await context.route("https://fonts.googleapis.com/**", (route) => route.abort());
  return { page: await context.newPage(), faults, close: () => context.close() };
}

it("a provider that is away is told at the door", async () => {
  const { page, close } = await stranger();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Continue with corp" }).click();
  await page.waitForURL(/\/sign-in\?problem=unavailable/);
  await page.getByText("The identity provider does not answer").waitFor();
  await close();
  await provider.start(people, "first");
});

it("somebody signs in with the provider, and may what their groups may", async () => {
  const { page, faults, close } = await stranger();
  await page.goto("/account");
  await page.getByRole("link", { name: "Continue with corp" }).click();
  await enterAtProvider(page, "grace");
  await page.waitForURL(`${url}/account`);
  await settled(page);
  await page.getByText("grace@example.com").waitFor();
  await page.getByText("Operator", { exact: false }).first().waitFor();
  expect(grave(faults)).toEqual([]);
  await close();
});

it("somebody of no group that is granted anything signs in, and may nothing", async () => {
  const { page, close } = await stranger();
  await page.goto("/account");
  await page.getByRole("link", { name: "Continue with corp" }).click();
  await enterAtProvider(page, "linus");
  await page.waitForURL(`${url}/account`);
  await page.getByText("Nothing", { exact: true }).waitFor();
  await close();
});

it("the command line comes in through the provider, and is known by its person", async () => {
  const terminal = new Terminal(url);
  const login = await terminal.login("--browser", "--no-open");
  const { page, faults, close } = await stranger();
  await page.goto(login.page);
  await page.getByRole("link", { name: "Continue with corp" }).click();
  await enterAtProvider(page, "grace");
  await page.getByText(login.check).waitFor();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("You are signed in on the command line.").waitFor();
  expect(await login.ended).toMatchObject({ code: 0 });
  const who = await terminal.run("whoami");
  expect(who.out).toContain("Grace <grace@example.com>");
  expect(who.out).toContain("operator");
  expect((await terminal.run("logout")).code).toBe(0);
  expect((await terminal.run("whoami")).code).not.toBe(0);
  expect(grave(faults)).toEqual([]);
  terminal.forget();
  await close();
});

it("who says no at the provider is told so at the door", async () => {
  const { page, close } = await stranger();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Continue with corp" }).click();
  await page.getByRole("link", { name: /Cancel/ }).click();
  await page.waitForURL(/\/sign-in\?problem=/);
  await page.getByText("That did not work").waitFor();
  await close();
});

it("a provider that comes back with other keys is believed at once", async () => {
  await provider.stop();
  await provider.start(people, "second");
  const { page, close } = await stranger();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Continue with corp" }).click();
  await enterAtProvider(page, "grace");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await close();
});
