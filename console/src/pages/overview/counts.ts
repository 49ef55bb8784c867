// How incidents and their counts are put in order.
import type { Schemas } from "../../api/client";

type Summary = Schemas["IncidentSummary"];
type Counts = Schemas["SeverityCounts"];
type Severity = Schemas["Severity"];
type Item = Schemas["OverviewItem"];

export const severities: readonly Severity[] = ["broken", "degraded", "notice"];

/** The worst first, and of equally bad ones the newest. */
export function worstFirst(incidents: readonly Summary[]): Summary[] {
  return [...incidents].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || Date.parse(b.opened_at) - Date.parse(a.opened_at));
}

export function total(counts: Counts): number {
  return severities.reduce((sum, severity) => sum + counts[severity], 0);
}

/** The clusters that need somebody first: broken before degraded, unknown before healthy; those alike by name. */
export function needsFirst<T extends { health: Schemas["Health"]; name: string }>(clusters: readonly T[]): T[] {
  const rank: Record<Schemas["Health"], number> = { broken: 0, degraded: 1, unknown: 2, healthy: 3 };
  return [...clusters].sort((a, b) => rank[a.health] - rank[b.health] || a.name.localeCompare(b.name));
}

export type Happening = Item & { /** When it opened, of an incident that was explained soon after. */ openedAt?: string };

/** The same, with the opening of an incident told together with its explanation, where both are there. */
export function joined(items: readonly Item[]): Happening[] {
  const opened = new Map(items.flatMap((item) => (item.kind === "opened" && item.incident ? [[item.incident, item.at] as const] : [])));
  const explained = new Set(items.flatMap((item) => (item.kind === "explained" && item.incident ? [item.incident] : [])));
  return items.flatMap((item): Happening[] => {
    if (!item.incident || !explained.has(item.incident)) return [item];
    if (item.kind === "opened") return [];
    const openedAt = item.kind === "explained" ? opened.get(item.incident) : undefined;
    return [openedAt === undefined ? item : { ...item, openedAt }];
  });
}
