// Figures of the console: bytes of the first load, first paint, a list of 5,000 rows that is scrolled, a graph of 5,000 nodes.
//
//   node scripts/measure.mjs --base http://127.0.0.1:8473 --email ada@example.com --password '…'
//
// The rows and nodes are made up here, in the form that the API has; everything else is the running platform. Frames are those that
// Chromium drew, without a graphics card.
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values } = parseArgs({
  options: { base: { type: "string", default: "http://127.0.0.1:8473" }, email: { type: "string", default: "ada@example.com" }, password: { type: "string", default: "a password of some length" } },
});
const ROWS = 5_000;
const PODS = 4_000;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
const first = await browser.newContext({ baseURL: values.base });
const signedIn = await first.request.post("/api/v1/sign-in", { data: { email: values.email, password: values.password }, headers: { origin: values.base } });
if (!signedIn.ok()) throw new Error(`sign-in: ${signedIn.status()}`);
const storageState = await first.storageState();
const say = (what, figure) => console.log(`${what.padEnd(52)} ${figure}`);

async function open(path, mocks = {}) {
  const context = await browser.newContext({ baseURL: values.base, storageState, viewport: { width: 1440, height: 900 } });
  for (const [pattern, answer] of Object.entries(mocks)) {
    await context.route((url) => url.pathname === pattern, (route) => route.fulfill({ json: answer(new URL(route.request().url()).searchParams) }));
  }
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send("Network.enable");
  let bytes = 0;
  const files = new Map();
  client.on("Network.responseReceived", ({ requestId, response }) => files.set(requestId, response.url));
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (/\.(js|css)$/.test(files.get(requestId) ?? "")) bytes += encodedDataLength;
  });
  await page.goto(path);
  return { context, page, bytes: () => bytes };
}

/** Frames and the longest gap between two of them while something is done. */
function frames(page, act) {
  return page.evaluate(async (source) => {
    const gaps = [];
    let last = performance.now();
    let on = true;
    const tick = (now) => {
      gaps.push(now - last);
      last = now;
      if (on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    await new Function(`return (${source})()`)();
    on = false;
    gaps.sort((a, b) => a - b);
    return { median: gaps[Math.floor(gaps.length / 2)], p95: gaps[Math.floor(gaps.length * 0.95)], longest: gaps.at(-1), count: gaps.length };
  }, act.toString());
}
const told = ({ median, p95, longest }) => `frame ${median.toFixed(0)} ms in the median, ${p95.toFixed(0)} ms at p95, ${longest.toFixed(0)} ms at most`;

{
  const paints = [];
  let size = 0;
  for (let run = 0; run < 5; run += 1) {
    const { context, page, bytes } = await open("/");
    await page.waitForFunction(() => document.querySelector("h1") !== null && document.querySelector("[aria-busy=true]") === null);
    paints.push(await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, performance.now()]));
    size = bytes();
    await context.close();
  }
  paints.sort((a, b) => a[1] - b[1]);
  say("first load of the overview, scripts and styles", `${(size / 1024).toFixed(0)} KiB as sent`);
  say("first contentful paint, median of 5", `${paints[2][0].toFixed(0)} ms`);
  say("the overview stands with its data, median of 5", `${paints[2][1].toFixed(0)} ms`);
}

{
  const at = new Date().toISOString();
  const row = (n) => ({
    id: `inc_${n.toString(16).padStart(32, "0")}`, cluster: "cls_01a1ff838de675c38ac7a660b54cebdd", cluster_name: "measured", environment: "env_01a1ff838d5974b2b2aeebc44799984a",
    state: "explained", severity: ["broken", "degraded", "notice"][n % 3], title: `The image or its tag does not exist: Deployment shop/app-${n}`, cause: "image.not_found",
    entity: { kind: "Deployment", namespace: "shop", name: `app-${n}` }, namespaces: ["shop"], confidence_percent: 97, fingerprint: `${n}`, recurrences: 0, affected: 1, opened_at: at, explained_at: at, updated_at: at, comments: 0, version: 1,
  });
  const list = (query) => {
    const from = Number(query.get("cursor") ?? 0);
    const until = Math.min(ROWS, from + Number(query.get("limit") ?? 100));
    return { items: Array.from({ length: until - from }, (_, n) => row(from + n)), ...(until < ROWS && { next: String(until) }) };
  };
  const { context, page } = await open("/incidents", { "/api/v1/incidents": list });
  await page.getByRole("listitem").first().waitFor();
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await page.getByRole("listitem").last().getAttribute("aria-setsize")) === String(ROWS)) break;
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForTimeout(30);
  }
  say("rows in the list, and in the page", `${await page.getByRole("listitem").last().getAttribute("aria-setsize")}, ${await page.getByRole("listitem").count()}`);
  await page.evaluate(() => window.scrollTo(0, 0));
  const scrolled = await frames(page, async () => {
    for (let step = 0; step < 120; step += 1) {
      window.scrollBy(0, 600);
      await new Promise(requestAnimationFrame);
    }
  });
  say("the list is scrolled by 600 px a frame", told(scrolled));
  await context.close();
}

{
  const cluster = "cls_01a1ff838de675c38ac7a660b54cebdd";
  const nodes = [];
  const edges = [];
  for (let app = 0; app < PODS / 8; app += 1) {
    const namespace = `team-${app % 40}`;
    const deployment = nodes.push({ kind: "Deployment", namespace, name: `app-${app}`, health: app % 50 === 0 ? "broken" : "healthy", note: "8 of 8 ready", incidents: [] }) - 1;
    const service = nodes.push({ kind: "Service", namespace, name: `app-${app}`, health: "healthy", incidents: [] }) - 1;
    edges.push({ from: service, to: deployment, kind: "selects" });
    if (app > 0) edges.push({ from: deployment, to: nodes.findIndex((node) => node.kind === "Service" && node.name === `app-${Math.floor(app / 3)}`), kind: "calls" });
    for (let pod = 0; pod < 8; pod += 1) {
      const index = nodes.push({ kind: "Pod", namespace, name: `app-${app}-${pod}`, health: "healthy", owner: deployment, incidents: [] }) - 1;
      edges.push({ from: deployment, to: index, kind: "owns" });
    }
  }
  const topology = () => ({ cluster, at: new Date().toISOString(), live: true, nodes, edges, left_out: 0 });
  const mocks = { [`/api/v1/clusters/${cluster}/topology`]: topology, [`/api/v1/clusters/${cluster}/topology/instants`]: () => ({ instants: [] }) };
  const known = { id: cluster, name: "measured", environment: "env_01a1ff838d5974b2b2aeebc44799984a", profiles: ["core"], health: "broken", connection: "connected", open_incidents: 0, objects: nodes.length, created_at: new Date().toISOString(), version: 1 };
  mocks["/api/v1/clusters"] = () => ({ items: [known] });
  for (const [view, shown] of [["graph", ".react-flow__node"], ["tree", "[role=treeitem]"], ["table", "[role=row]"]]) {
    const { context, page } = await open(`/topology?cluster=${cluster}&view=${view}`, mocks);
    await page.locator(shown).first().waitFor();
    const stands = await page.evaluate(() => performance.now());
    const moved = await frames(page, async () => {
      const surface = document.querySelector(".react-flow__pane") ?? document.scrollingElement;
      for (let step = 0; step < 60; step += 1) {
        surface.dispatchEvent(new WheelEvent("wheel", { deltaY: 40, clientX: 700, clientY: 500, bubbles: true, cancelable: true }));
        if (!document.querySelector(".react-flow__pane")) window.scrollBy(0, 400);
        await new Promise(requestAnimationFrame);
      }
    });
    say(`${nodes.length} nodes as ${view}: first shown, and moved`, `${stands.toFixed(0)} ms; ${told(moved)}`);
    await context.close();
  }
}
await browser.close();
