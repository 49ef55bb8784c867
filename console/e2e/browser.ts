// A headless Chromium, and what is held against every page: no script of others, no refusal of the content security policy, no request elsewhere.
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: flags });
}

export const LAPTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** What went wrong in the pages of a context, as lines. */
export type Faults = string[];

/** A context whose pages report into `faults`. `cookie` is that of a session. */
export async function openContext(browser: Browser, url: string, options: BrowserContextOptions & { cookie?: string } = {}): Promise<{ context: BrowserContext; faults: Faults }> {
  const { cookie, ...rest } = options;
  const context = await browser.newContext({ baseURL: url, viewport: LAPTOP, ...rest });
  const [name, value] = cookie?.split("=", 2) ?? [];
  if (name && value) await context.addCookies([{ name, value, url, httpOnly: true, sameSite: "Strict" }]);
  const faults: Faults = [];
  await context.exposeFunction("assentFault", (what: string) => faults.push(what));
  await context.addInitScript(() => {
    const tell = (window as unknown as { assentFault: (what: string) => void }).assentFault;
    document.addEventListener("securitypolicyviolation", (event) => tell(`CSP ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
    // What a payload of the hostile texts calls if it ever runs.
    Object.assign(window, { pwned: (by: string) => tell(`a payload ran: ${by}`), alert: (by: string) => tell(`a payload ran: alert ${by}`) });
  });
  context.on("page", (page) => watch(page, url, faults));
  return { context, faults };
}

function watch(page: Page, url: string, faults: Faults): void {
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:")) faults.push(`request elsewhere: ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy/i.test(message.text())) faults.push(`console: ${message.text()}`);
  });
}

/** Waits until a page shows what it has: no skeleton is left. */
export async function settled(page: Page): Promise<void> {
  const waited = page.waitForFunction(() => document.querySelector("h1, h2") !== null && document.querySelector("[aria-busy=true]") === null);
  await waited.catch(async (error: unknown) => {
    const shown = await page.locator("body").innerText();
    throw new Error(`${page.url()} does not settle; it shows: ${shown.slice(0, 400)}`, { cause: error });
  });
}
