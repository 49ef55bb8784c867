// What a channel tells of and when: words for it, and the check that a form makes before it asks the server.
import type { Schemas } from "../../../api/client";

export type Rules = Schemas["ChannelRules"];
export type Event = NonNullable<Rules["events"]>[number];
export type Quiet = NonNullable<Rules["quiet"]>[number];
export type Day = NonNullable<Quiet["days"]>[number];
export type Severity = Schemas["Severity"];

export const eventGroups: readonly { group: string; events: readonly { value: Event; label: string }[] }[] = [
  {
    group: "Incidents",
    events: [
      { value: "incident_opened", label: "New" },
      { value: "incident_explained", label: "Cause found" },
      { value: "incident_worsened", label: "Worse" },
      { value: "incident_reopened", label: "Back" },
      { value: "incident_still_there", label: "Still there after a mute" },
      { value: "incident_resolved", label: "Resolved" },
    ],
  },
  {
    group: "Plans",
    events: [
      { value: "plan_awaiting", label: "Needs votes" },
      { value: "plan_approved", label: "Approved" },
      { value: "plan_ended", label: "Ended" },
    ],
  },
];

export const everyEvent: readonly Event[] = eventGroups.flatMap(({ events }) => events.map(({ value }) => value));

export const days: readonly { value: Day; label: string }[] = [
  { value: "mon", label: "Mon" },
  { value: "tue", label: "Tue" },
  { value: "wed", label: "Wed" },
  { value: "thu", label: "Thu" },
  { value: "fri", label: "Fri" },
  { value: "sat", label: "Sat" },
  { value: "sun", label: "Sun" },
];

export const severityWords: Record<Severity, string> = { notice: "Everything", degraded: "Degraded and broken", broken: "Broken only" };
export const urgentWords: Record<Severity, string> = { notice: "Everything", degraded: "What is degraded or broken", broken: "What is broken" };

/** As the server has it for a channel that says nothing. */
export const defaults: Rules = { severity_min: "notice", dedup_s: 300, per_hour_max: 60 };

/** `08:30`, as the server reads it. */
export function isClock(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/** A namespace, or the beginning of some. */
export function isNamespace(text: string): boolean {
  return /^[a-z0-9-]{1,63}\*?$/.test(text);
}

/** What the form must still say before it can be sent; nothing when it can. */
export function fault(rules: Rules): string | undefined {
  for (const { from, to } of rules.quiet ?? []) {
    if (!isClock(from) || !isClock(to)) return "Quiet hours need a time to begin and one to end.";
  }
  const { digest } = rules;
  if (digest?.when === "daily" && !isClock(digest.at)) return "The digest needs a time of the day.";
  if (digest?.when === "every" && !(digest.minutes >= 1 && digest.minutes <= 1440)) return "A digest comes every 1 to 1,440 minutes.";
  if (!(rules.namespaces ?? []).every(isNamespace)) return "Namespaces are names such as shop, or beginnings such as lab-*.";
  return undefined;
}

/** Rules without what they need not say. */
export function tidy(rules: Rules): Rules {
  const { events, environments, namespaces, quiet, ...rest } = rules;
  const whole = everyEvent.every((event) => events?.includes(event));
  return {
    ...rest,
    ...(events && events.length > 0 && !whole && { events }),
    ...(environments && environments.length > 0 && { environments }),
    ...(namespaces && namespaces.length > 0 && { namespaces }),
    ...(quiet && quiet.length > 0 && { quiet }),
  };
}

function told(events: readonly Event[]): string {
  const parts = eventGroups.flatMap(({ group, events: all }) => {
    const chosen = all.filter(({ value }) => events.includes(value));
    if (chosen.length === 0) return [];
    return chosen.length === all.length ? [`all of ${group.toLowerCase()}`] : [`${group.toLowerCase()}: ${chosen.map(({ label }) => label.toLowerCase()).join(", ")}`];
  });
  const text = parts.join("; ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Rules in a few lines, for a list. Names of environments stand in `names`. */
export function summary(rules: Rules, names: ReadonlyMap<string, string>): string[] {
  const events = rules.events ?? [];
  const lines = [events.length === 0 ? "All of incidents and plans" : told(events)];
  const where = [
    ...(rules.environments ?? []).map((id) => names.get(id) ?? "an environment that is gone"),
    ...(rules.namespaces ?? []),
  ];
  if (where.length > 0) lines.push(`Where: ${where.join(", ")}`);
  if (rules.severity_min && rules.severity_min !== "notice") lines.push(severityWords[rules.severity_min]);
  const { digest } = rules;
  if (digest?.when === "every") lines.push(`Digest every ${digest.minutes} min`);
  if (digest?.when === "daily") lines.push(`Digest daily at ${digest.at} (${digest.zone})`);
  for (const hours of rules.quiet ?? []) lines.push(quiet(hours));
  return lines;
}

function quiet({ from, to, zone, days: on }: Quiet): string {
  const chosen = days.filter(({ value }) => on?.includes(value)).map(({ label }) => label);
  const when = from === to ? (from === "00:00" ? "all day" : `${from} for a day`) : `${from} to ${to}`;
  return `Quiet ${when}${chosen.length > 0 ? ` on ${chosen.join(", ")}` : ""} (${zone})`;
}

/** Time zones that this browser knows, the person's own first. */
export function zones(): string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}
