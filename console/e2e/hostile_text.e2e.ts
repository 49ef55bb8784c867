// Text from clusters, logs and people is shown and never taken for anything else.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { LAPTOP, openBrowser, openContext, PHONE, settled } from "./browser";
import { Observer, type KubeObject } from "./observer";
import { payloads } from "./payloads";
import { Platform, type Session } from "./platform";

/** Payloads in each incident. */
const EACH = 8;

let platform: Platform;
let session: Session;
let browser: Browser;
let incidents: string[];

beforeAll(async () => {
  platform = await Platform.up();
  session = await platform.own(undefined, payloads[0]);
  browser = await openBrowser();
  const observer = await Observer.connect(session);
  const groups = Array.from({ length: Math.ceil(payloads.length / EACH) }, (_, n) => payloads.slice(n * EACH, (n + 1) * EACH));
  for (const [n, group] of groups.entries()) await observer.saw(...illPod(n, group));
  await observer.listed();
  for (const [n, group] of groups.entries()) await observer.log("ns", `pod-${n}`, "app", group.join("\n"));
  incidents = await opened(groups.length);
  for (const [n, group] of groups.entries()) {
    const incident = incidents[n];
    for (const text of group) await session.call("POST", `/api/v1/incidents/${incident}/comments`, { text: typed(text) });
    await session.call("POST", `/api/v1/incidents/${incident}/rerun`, { context: typed(group.join("\n")).slice(0, 2_000) });
  }
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

it("there are two hundred payloads, each different", () => {
  expect(new Set(payloads).size).toBe(200);
});

it.each([
  ["a laptop", LAPTOP],
  ["a phone", PHONE],
])("no payload runs, loads anything or breaks the layout on %s", async (_, viewport) => {
  const { context, faults } = await openContext(browser, platform.url, { cookie: session.cookie, viewport });
  const page = await context.newPage();
  const wide: string[] = [];
  for (const path of ["/", "/incidents", "/topology?view=table", "/ledger", "/settings/members", ...incidents.map((incident) => `/incidents/${incident}`)]) {
    await page.goto(path);
    await settled(page);
    await unfold(page);
    if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) wide.push(path);
  }
  expect(faults).toEqual([]);
  expect(wide, "pages that are wider than the window").toEqual([]);
  await context.close();
});

it("a payload that ran would be noticed, and one that is put in as markup is refused", async () => {
  const { context, faults } = await openContext(browser, platform.url, { cookie: session.cookie });
  const page = await context.newPage();
  await page.goto("/");
  await settled(page);
  await page.evaluate(() => (window as unknown as { pwned: (by: number) => void }).pwned(1));
  await page.evaluate(() => {
    document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=pwned(2)>");
  });
  await expect.poll(() => faults.some((fault) => fault.startsWith("CSP script-src"))).toBe(true);
  expect(faults).toContain("a payload ran: 1");
  expect(faults).not.toContain("a payload ran: 2");
  await context.close();
});

it("what was typed is shown as it was typed", async () => {
  const { context } = await openContext(browser, platform.url, { cookie: session.cookie });
  const page = await context.newPage();
  await page.goto(`/incidents/${incidents[0]}`);
  await settled(page);
  await page.getByText(payloads[1] ?? "", { exact: false }).first().waitFor();
  await context.close();
});

/** What people send may have no control characters; the API refuses it. What clusters send may. */
function typed(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\n" || character === "\t" ? character : " "));
}

/** Opens whatever is folded, without leaving the page. */
async function unfold(page: Page): Promise<void> {
  const folded = page.locator("main [aria-expanded=false]:not([aria-haspopup])");
  for (let n = Math.min(await folded.count(), 40) - 1; n >= 0; n -= 1) {
    await folded
      .nth(n)
      .click({ timeout: 1_000 })
      .catch(() => undefined);
  }
}

async function opened(count: number): Promise<string[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { items } = await session.call<{ items: { id: string; entity: { name: string } }[] }>("GET", "/api/v1/incidents?limit=500");
    if (items.length >= count) return items.map(({ id }) => id);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the incidents did not open");
}

function illPod(n: number, texts: readonly string[]): KubeObject[] {
  const now = new Date().toISOString();
  const image = texts[0] ?? "image";
  const metadata = (kind: string, name: string) => ({ namespace: "ns", name, uid: `${kind}-${n}`, creationTimestamp: now, labels: { app: `app-${n}`, text: texts[1] }, annotations: { note: texts.join(" ") } });
  const template = { metadata: { labels: { app: `app-${n}` } }, spec: { containers: [{ name: "app", image }] } };
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata: metadata("deployment", `app-${n}`), spec: { replicas: 1, selector: { matchLabels: { app: `app-${n}` } }, template }, status: { replicas: 1, unavailableReplicas: 1 } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: metadata("pod", `pod-${n}`),
      spec: { nodeName: texts[2], containers: [{ name: "app", image }] },
      status: {
        phase: "Pending",
        message: texts[3],
        containerStatuses: [{ name: "app", image, imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": not found ${texts.join(" ")}` } } }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: metadata("event", `event-${n}`),
      involvedObject: { kind: "Pod", namespace: "ns", name: `pod-${n}`, uid: `pod-${n}` },
      type: "Warning",
      reason: "Failed",
      message: `Failed to pull image "${image}": not found: ${texts.join(" ")}`,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    },
  ];
}
