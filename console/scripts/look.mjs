// Pictures of pages, at the widths of a laptop and a phone, light and dark, from a running console.
//
//   node scripts/look.mjs --base http://127.0.0.1:8473 --email ada@example.com --password '…' --out /some/folder /incidents /ledger
//
// With --set-up TOKEN (what stands behind # in the link) the first owner is made. Prints what the page logged and what its content
// security policy refused; ends with 1 if there was any.
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: "string", default: "http://127.0.0.1:8473" },
    email: { type: "string", default: "ada@example.com" },
    password: { type: "string", default: "a password of some length" },
    "set-up": { type: "string" },
    out: { type: "string", default: "pictures" },
    wait: { type: "string", default: "600" },
    widths: { type: "string", default: "1440,390" },
    themes: { type: "string", default: "light,dark" },
    "full-page": { type: "boolean", default: false },
  },
});
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
mkdirSync(values.out, { recursive: true });

const first = await browser.newContext({ baseURL: values.base });
const body = values["set-up"]
  ? ["/api/v1/set-up", { token: values["set-up"], email: values.email, name: "Ada", password: values.password }]
  : ["/api/v1/sign-in", { email: values.email, password: values.password }];
const signedIn = await first.request.post(body[0], { data: body[1], headers: { origin: values.base } });
if (!signedIn.ok()) throw new Error(`sign-in: ${signedIn.status()} ${await signedIn.text()}`);
const storageState = await first.storageState();

let faults = 0;
const say = (...words) => {
  faults += 1;
  console.log(...words);
};
for (const path of positionals.length > 0 ? positionals : ["/"]) {
  for (const width of values.widths.split(",").map(Number)) {
    for (const colorScheme of values.themes.split(",")) {
      const context = await browser.newContext({ baseURL: values.base, storageState, colorScheme, viewport: { width, height: width < 600 ? 844 : 900 }, hasTouch: width < 600, isMobile: width < 600 });
      const page = await context.newPage();
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && say(path, width, message.type(), message.text()));
      page.on("pageerror", (error) => say(path, width, "exception", error.message));
      await page.goto(path, { waitUntil: "domcontentloaded" });
      await page.waitForTimeout(Number(values.wait));
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wider) say(path, width, "is wider than the window");
      const name = path.replaceAll(/[^a-zA-Z0-9]+/g, "-").replace(/^-|-$/g, "") || "overview";
      const file = `${values.out}/${name}-${width}-${colorScheme}.png`;
      await page.screenshot({ path: file, fullPage: values["full-page"] });
      console.log(file);
      await context.close();
    }
  }
}
await browser.close();
process.exitCode = faults > 0 ? 1 : 0;
