// A run as a list of what was done, and of what comes next.
import type { Schemas } from "../../api/client";

export type Tone = "good" | "bad" | "warn" | "next" | "plain";
export type Told = { key: string; words: string; more: string | undefined; at: string | undefined; tone: Tone };

const ended: Record<Schemas["RunOutcome"], readonly [string, Tone]> = {
  verified: ["It did what it should", "good"],
  partial: ["It did some of what it should", "warn"],
  reverted: ["It was taken back", "warn"],
  failed: ["It neither held nor was taken back", "bad"],
  refused: ["It was refused, and nothing was changed", "bad"],
};

/** What was done, oldest first. Progress after progress is told once, by its newest. */
export function told(run: readonly Schemas["RunStep"][], nameOf: (account: string) => string): Told[] {
  const lines: Told[] = [];
  for (const { number, at, step } of [...run].sort((a, b) => a.number - b.number)) {
    const line = (words: string, tone: Tone, more?: string): Told => ({ key: String(number), words, more, at, tone });
    if ("intended" in step) lines.push(line("Intent is on the ledger", "plain", `For ${step.intended.approvers.map(nameOf).join(", ")}, as ${step.intended.as_user}`));
    else if ("rehearsed" in step) lines.push(line("The API server would accept it, asked as each approver", "plain"));
    else if ("applied" in step) lines.push(line("The change was made", "plain", step.applied.resource_version ? `Resource version ${step.applied.resource_version}` : undefined));
    else if ("undoing" in step) lines.push(line("It is being taken back", "warn", step.undoing.why));
    else if ("ended" in step) lines.push(line(ended[step.ended.outcome][0], ended[step.ended.outcome][1], step.ended.detail));
    else {
      const last = lines.at(-1);
      if (last?.words === WATCHED) lines.pop();
      lines.push(line(WATCHED, "plain", step.progress.text));
    }
  }
  return lines;
}

const WATCHED = "Watching what follows from it";

/** What is to come of a run that has not ended. */
export function ahead(run: readonly Schemas["RunStep"][]): Told[] {
  const has = (name: string) => run.some(({ step }) => name in step);
  const next = (words: string): Told => ({ key: words, words, more: undefined, at: undefined, tone: "next" });
  if (has("ended")) return [];
  if (has("undoing")) return [next("Its inverse is applied")];
  return [...(has("intended") ? [] : [next("The executor records its intent")]), ...(has("rehearsed") || has("applied") ? [] : [next("The API server is asked")]), ...(has("applied") ? [] : [next("The change is made")]), next("It is verified")];
}
