// The records of a list: pages that were read, and what came on top of them since.
import type { Schemas } from "../../api/client";

export type LedgerRecord = Schemas["Record"];
type Page = { items: LedgerRecord[]; next?: string | null };

/** New records in front of those that are known, newest first, each once. Nothing if some may be missing between the two. */
export function onTop(known: readonly LedgerRecord[], newest: Page): LedgerRecord[] | undefined {
  const top = known[0]?.index ?? -1;
  const added = newest.items.filter(({ index }) => index > top);
  const meets = added.length < newest.items.length || !newest.next;
  return meets || known.length === 0 ? added : undefined;
}

/** Pages in a row, without what a later reading shifted into two of them. */
export function flat(pages: readonly Page[]): LedgerRecord[] {
  const seen = new Set<number>();
  return pages.flatMap(({ items }) => items.filter(({ index }) => !seen.has(index) && seen.add(index)));
}

const kinds = {
  account: "Accounts",
  alert_source: "Alert sources",
  channel: "Notifications",
  cluster: "Clusters",
  environment: "Environments",
  incident: "Incidents",
  key: "Machine keys",
  ledger: "Ledger",
  link: "Set-up and invitation links",
  member: "Members",
  observer: "Observers",
  policy: "Policies",
  redaction: "Redaction",
  session: "Sign-ins and sessions",
  share: "Shared reports",
  tenant: "Organisation",
} as const;

/** Whole kinds first, then the single actions that were seen or are asked for. */
export function actionChoices(seen: Iterable<string>, asked: string | undefined): { group: string; items: { value: string; label: string }[] }[] {
  const whole = Object.entries(kinds).map(([word, label]) => ({ value: `${word}.`, label }));
  const single = new Set([...seen, ...(asked ? [asked] : [])].filter((action) => !whole.some(({ value }) => value === action)));
  return [
    { group: "All of a kind", items: whole },
    { group: "One action", items: [...single].sort().map((action) => ({ value: action, label: action })) },
  ];
}
