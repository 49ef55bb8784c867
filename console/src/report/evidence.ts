// Which words a report cites, and who cites them.
import type { Schemas } from "../api/client";

export type Report = Schemas["Report"];
export type RootCause = Schemas["ReportRootCause"];
export type Evidence = Schemas["ReportEvidence"];

/** All that the report cites, each piece once, in the order of their numbers. */
export function allEvidence(report: Report): Evidence[] {
  const found = new Map<string, Evidence>();
  const holders = [...report.root_causes, ...report.findings, ...report.not_proven];
  for (const { evidence } of holders) for (const one of evidence) if (!found.has(one.id)) found.set(one.id, one);
  return [...found.values()].sort((a, b) => numberOf(a.id) - numberOf(b.id));
}

function numberOf(id: string): number {
  const number = Number(id.replace(/^\D+/, ""));
  return Number.isFinite(number) ? number : Number.MAX_SAFE_INTEGER;
}

/** Whether what cites it was shown, and not merely considered. */
export type Citation = { what: string; shown: boolean };

/** The claims that rest on a piece of evidence, each once. */
export function citedBy(report: Report, id: string): Citation[] {
  const claims: Citation[] = [];
  const add = (what: string, shown: boolean) => {
    const bare = (text: string) => text.replace(/\.$/, "");
    if (!claims.some((claim) => bare(claim.what) === bare(what))) claims.push({ what, shown });
  };
  const causes = [...report.root_causes.map((cause) => [cause, true] as const), ...report.not_proven.map((cause) => [cause, false] as const)];
  for (const [cause, shown] of causes) {
    if (cause.evidence.some((one) => one.id === id)) add(cause.statement, shown);
    for (const link of cause.chain) if (link.evidence.includes(id)) add(link.effect, shown);
    for (const out of cause.ruled_out) if (out.evidence.includes(id)) add(`Ruled out ${out.cause}: ${out.why}`, shown);
  }
  for (const finding of report.findings) if (finding.evidence.some((one) => one.id === id)) add(finding.statement, true);
  return claims;
}

/** `L12 B345+67` in words. */
export function placeOf(locator: string): string {
  const [, line, from, length] = /^L(\d+) B(\d+)\+(\d+)$/.exec(locator) ?? [];
  return line === undefined ? locator : `line ${line}, ${length} bytes from byte ${from}`;
}

export type Step = {
  entity: Evidence["about"];
  words: string;
  evidence: string[];
  /** How the step before led here; nothing for the first. */
  because?: string;
  /** The objects between the one before and this one. */
  between: Evidence["about"][];
};

/** The chain as a path: each step with what tied it to the one before. */
export function stepsOf(cause: RootCause): Step[] {
  const [first] = cause.chain;
  if (!first) return [{ entity: cause.entity, words: cause.statement, evidence: cause.evidence.map(({ id }) => id), between: [] }];
  const later = new Set(cause.chain.flatMap(({ evidence }) => evidence));
  const own = cause.evidence.filter(({ id }) => !later.has(id)).map(({ id }) => id);
  return [
    { entity: first.from, words: first.cause, evidence: own, between: [] },
    ...cause.chain.map((link) => ({ entity: link.to, words: link.effect, evidence: link.evidence, because: link.because, between: link.path.slice(1, -1) })),
  ];
}
