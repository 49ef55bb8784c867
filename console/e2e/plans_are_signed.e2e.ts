// A plan is approved with a passkey, run, and taken back. What is not what it seems is not signed, and no text of a plan is more than text.
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { digestOf, planDigest } from "../src/plan/digest";
import { canonical, readCanonical, type Json } from "../src/plan/json";
import { addPasskey, giveAuthenticator, heardChallenges } from "./authenticator";
import { serious } from "./axe";
import { LAPTOP, openBrowser, openContext, PHONE, settled, type Faults } from "./browser";
import { Executor, firstPlan } from "./executor";
import { payloads } from "./payloads";
import { Platform, Session } from "./platform";

let platform: Platform;
let session: Session;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let faults: Faults;
let asked: string[];
let executor: Executor;

beforeAll(async () => {
  platform = await Platform.demo();
  await platform.own();
  // Passkeys are of a name, and of no address; so is whoever asks for what to pin.
  const url = platform.url.replace("127.0.0.1", "localhost");
  session = await Session.signIn(url);
  browser = await openBrowser();
  ({ context, faults } = await openContext(browser, url, { cookie: session.cookie }));
  asked = await heardChallenges(context);
  page = await context.newPage();
  await giveAuthenticator(context, page);
  await addPasskey(page);
  const { items } = await session.call<{ items: { id: string }[] }>("GET", "/api/v1/clusters");
  executor = await Executor.install(session, items[0]?.id ?? "");
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

type Whole = { bytes: string; digest: string; statement: { fields: Record<string, unknown>; text: string } };

/** Answers with something else than the platform did, while it lasts. */
async function instead<T>(pattern: string, change: (answer: T) => T | Promise<T>, while_: () => Promise<void>): Promise<void> {
  const alter = async (route: Route) => {
    const response = await route.fetch();
    const answer = (await response.json()) as T;
    await route.fulfill({ response, json: response.ok() ? await change(answer) : answer });
  };
  await context.route(pattern, alter);
  try {
    await while_();
  } finally {
    await context.unroute(pattern, alter);
  }
}

const approve = () => page.getByRole("button", { name: "Approve…" });

it.each<[string, (whole: Whole) => Whole | Promise<Whole>]>([
  ["other bytes than those of the digest", (whole) => ({ ...whole, bytes: whole.bytes.replace(/"says":"/, '"says":"not ') })],
  ["other bytes, and their digest", async (whole) => {
    const bytes = whole.bytes.replace(/"says":"/, '"says":"not ');
    return { ...whole, bytes, digest: await planDigest(bytes) };
  }],
  ["a statement for another cluster", (whole) => ({ ...whole, statement: { ...whole.statement, fields: { ...whole.statement.fields, cluster_uid: "other" } } })],
  ["a statement whose text asks for more", (whole) => ({ ...whole, statement: { ...whole.statement, text: whole.statement.text.replace(/quorum \d/, "quorum 9") } })],
  ["bytes in another spelling", (whole) => ({ ...whole, bytes: `${whole.bytes} ` })],
])("a page that is given %s offers no signature", async (_, change) => {
  const plan = await firstPlan(session, "awaiting");
  await instead<Whole>(`**/api/v1/plans/${plan}`, change, async () => {
    await page.goto(`/actions/${plan}`);
    await page.getByText("This plan is not what the platform says it is").waitFor();
    await page.getByText("This page does not sign this plan").waitFor();
    expect(await approve().count()).toBe(0);
  });
  expect(asked).toEqual([]);
});

it.each<[string, (ballot: { round: number; text: string; challenge: string }) => { round: number; text: string; challenge: string }]>([
  ["another challenge", (ballot) => ({ ...ballot, challenge: ballot.challenge.replace(/^./, (first) => (first === "A" ? "B" : "A")) })],
  ["the ballot of another word", (ballot) => ({ ...ballot, text: ballot.text.replace("word approve", "word withdraw") })],
  ["the ballot of another round", (ballot) => ({ ...ballot, round: ballot.round + 1 })],
])("a page that is asked to sign %s refuses, and asks no passkey", async (_, change) => {
  const plan = await firstPlan(session, "awaiting");
  await page.goto(`/actions/${plan}`);
  const voted: string[] = [];
  page.on("request", (request) => request.url().endsWith("/votes") && voted.push(request.url()));
  await instead(`**/api/v1/plans/${plan}/ballot`, change, async () => {
    await approve().click();
    await page.getByRole("button", { name: "Approve with passkey" }).click();
    await page.getByText("Nothing was signed").waitFor();
  });
  expect(asked).toEqual([]);
  expect(voted).toEqual([]);
});

it.each([
  ["a laptop", LAPTOP],
  ["a phone", PHONE],
])("no text of a plan runs, loads anything or breaks the layout on %s", async (_, viewport) => {
  const plan = await firstPlan(session, "awaiting");
  const wide: number[] = [];
  await page.setViewportSize(viewport);
  for (let from = 0; from < payloads.length; from += 50) {
    const texts = payloads.slice(from, from + 50);
    await instead<Whole>(`**/api/v1/plans/${plan}`, async (whole) => {
      const bytes = hostile(whole.bytes, texts);
      const digest = await planDigest(bytes);
      return { ...whole, bytes, digest };
    }, async () => {
      await page.goto(`/actions/${plan}`);
      await settled(page);
      await page.getByRole("heading", { name: "What changes" }).waitFor();
      await page.getByText("As it is sent").click();
      if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) wide.push(from);
    });
  }
  await instead<{ items: Summary[] }>("**/api/v1/plans?*", ({ items, ...rest }) => ({ ...rest, items: payloads.map((text, at) => ({ incident: "", ...items[0], ...spoken(text, at) })) }), async () => {
    for (const path of ["/actions?view=all", `/incidents/${(await session.call<{ summary: Summary }>("GET", `/api/v1/plans/${plan}`)).summary.incident}`]) {
      await page.goto(path);
      await settled(page);
      await page.getByRole("list", { name: "Plans" }).waitFor();
      if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) wide.push(-1);
    }
  });
  await page.setViewportSize(LAPTOP);
  expect(faults).toEqual([]);
  expect(wide).toEqual([]);
});

type Summary = { id: string; incident: string };

/** What a list shows of a plan, each with another text. */
function spoken(text: string, at: number) {
  const id = `pln_${String(at).padStart(32, "0")}`;
  return { id, title: text, incident_title: text, cluster_name: text, rank_reason: text, detail: text, action: text, target: { kind: text, namespace: text, name: text }, state: at % 2 ? "failed" : "awaiting" };
}

/** The plan with these texts wherever it has text of the cluster. */
function hostile(bytes: string, texts: readonly string[]): string {
  const plan = readCanonical(bytes) as { [key: string]: Json };
  const text = (at: number) => texts[at % texts.length] ?? "";
  const object = (at: number) => ({ kind: text(at), namespace: text(at + 1), name: text(at + 2) });
  const circle = (at: number) => ({ count: 12, objects: Array.from({ length: 12 }, (_, n) => ({ object: object(at + n), how: text(at + n) })) });
  const ops = texts.flatMap((value, at) => [
    { op: "test", path: `/data/${at}`, value: text(at + 1) },
    { op: "replace", path: `/data/${at}`, value: at % 3 ? value : { [value]: [value] } },
    { op: "add", path: `/${value.slice(0, 200).replaceAll("~", "~0").replaceAll("/", "~1")}`, value },
  ]);
  const preconditions = { uid: text(1), generation: 3, unmoved: "generation", observed: texts.map((value, at) => ({ path: `/data/${at}`, value })) };
  return canonical({
    ...plan,
    target: { api_version: text(0), resource: text(1), object: object(2) },
    action: { set_env: { container: "app", name: text(3).slice(0, 100), value: text(4).slice(0, 1_000), origin: { stated: {} } } },
    request: { patch: ops },
    preconditions,
    inverse: { patch: { patch: ops, preconditions } },
    blast_radius: { direct: circle(0), adjacent: circle(12), downstream: circle(24) },
    grounds: { ...(plan["grounds"] as { [key: string]: Json }), cause: text(5), entity: object(6) },
    checks: texts.map((says) => ({ about: "quota", outcome: "warns", says })),
  });
}

it("a plan is found, read, approved with a passkey, watched and taken back", async () => {
  await page.goto("/actions");
  await settled(page);
  await page.getByRole("link", { name: /Actions.*for your vote/ }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/actions\/pln_/);
  const plan = page.url().split("/").at(-1) ?? "";
  await page.getByRole("heading", { name: "What changes" }).waitFor();
  expect(await serious(page)).toEqual([]);
  await approve().click();
  await page.getByRole("button", { name: "Approve with passkey" }).waitFor();
  expect(await serious(page)).toEqual([]);
  await page.getByRole("button", { name: "Approve with passkey" }).click();
  await page.getByText("Your approval is on the ledger.").waitFor();
  await page.getByText("You approved").waitFor();
  expect(asked).toHaveLength(1);

  const { run = [] } = await executor.work();
  expect(run.map((one) => one.plan), "the executor is handed the warrant").toContain(plan);
  const me = await session.call<{ account: string }>("GET", "/api/v1/me");
  const { statement } = await session.call<Whole>("GET", `/api/v1/plans/${plan}`);
  const steps = page.getByRole("list", { name: "Steps of the run" });
  await executor.tell(plan, { intended: { statement: await digestOf(statement.text), approvers: [me.account], as_user: "ada@example.com" } });
  await steps.getByText("Intent is on the ledger").waitFor();
  await executor.tell(plan, { rehearsed: {} }, { applied: { resource_version: "8123" } }, { progress: { text: "1 of 2 pods run the new template" } });
  await steps.getByText("1 of 2 pods run the new template").waitFor();
  await executor.tell(plan, { ended: { outcome: "verified", detail: "2 of 2 pods run the new template" } });
  await steps.getByText("It did what it should").waitFor();

  await page.getByRole("button", { name: "Undo…" }).click();
  await page.getByRole("textbox", { name: /^Why/ }).fill("The queue behind it fills up.");
  await page.getByRole("button", { name: "Undo with passkey" }).click();
  await page.getByText("Your rejection is on the ledger.").waitFor();
  const { stop = [] } = await executor.work();
  expect(stop.map((one) => one.plan)).toContain(plan);
  expect(asked).toHaveLength(2);
  expect(await serious(page)).toEqual([]);
  expect(faults).toEqual([]);
});
