// A report as Markdown, to paste into a ticket. What came from the cluster can format nothing there.
import type { Schemas } from "../api/client";
import { entityText } from "../parts/entity";
import { allEvidence, placeOf, type Report, type RootCause } from "./evidence";
import { percent, step, sureness } from "./words";

type Summary = Schemas["IncidentSummary"];

/** Words that stay words: nothing in them is a link, an image, a heading, emphasis, HTML or a mention. Names in backticks stay so. */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[\\`*_{}[\]<>#|!~@]/g, "\\$&").replace(/:\/\//g, ":\u200b//").replace(/\bwww\./gi, "www\u200b.")))
    .join("");
}

/** A block of code whose fence is longer than any in it. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

export function markdown(summary: Summary, report: Report | null | undefined, link?: string): string {
  const lines = [
    `# ${plain(summary.title)}`,
    "",
    `- State: ${summary.state}, severity: ${summary.severity}`,
    `- Cluster: ${plain(summary.cluster_name)}${summary.namespaces.length > 0 ? `, namespaces: ${plain(summary.namespaces.join(", "))}` : ""}`,
    `- Opened: ${summary.opened_at}${summary.closed_at ? `, closed: ${summary.closed_at}` : ""}`,
    ...(link ? [`- Incident: ${link}`] : []),
  ];
  if (!report) return `${[...lines, "", "There is no report yet."].join("\n")}\n`;
  lines.push("", plain(report.summary));
  report.root_causes.forEach((cause, index) => {
    lines.push("", `## ${report.root_causes.length > 1 ? `Root cause ${index + 1}` : "Root cause"}: ${plain(cause.title)}`, "", ...causeLines(cause));
  });
  list(lines, "Missing evidence", report.missing_evidence.flatMap(({ what, how }) => [`- ${plain(what)}: ${code(how)}`]));
  list(lines, "Not proven", report.not_proven.map((cause) => `- ${plain(cause.statement)} (${percent(cause.confidence)})`));
  list(lines, "Symptoms", report.findings.map((finding) => `- ${plain(finding.statement)}${cites(finding.evidence.map(({ id }) => id))}`));
  const evidence = allEvidence(report).flatMap((one) => [`**${one.id}** ${plain(entityText(one.about))}, ${plain(one.source)}, ${plain(placeOf(one.locator))}`, "", fenced(one.quote), ""]);
  list(lines, "Evidence", evidence);
  return `${lines.join("\n").trimEnd()}\n`;
}

function causeLines(cause: RootCause): string[] {
  const lines = [plain(cause.statement), "", `Confidence: ${percent(cause.confidence)}, ${sureness(cause.confidence).word.toLowerCase()}. Evidence:${cites(cause.evidence.map(({ id }) => id))}`];
  if (cause.chain.length > 0) {
    lines.push("", ...cause.chain.map((link, index) => `${index + 1}. ${plain(link.cause)} → ${plain(link.effect)}, because ${plain(link.because)}${cites(link.evidence)}`));
  }
  if (cause.next_steps.length > 0) {
    lines.push("", "What to do next:", "");
    for (const text of cause.next_steps) {
      const { words, command } = step(text);
      lines.push(`- ${[plain(words), command && code(command)].filter(Boolean).join(": ")}`);
    }
  }
  if (cause.ruled_out.length > 0) lines.push("", "Ruled out:", "", ...cause.ruled_out.map((out) => `- ${plain(out.cause)}: ${plain(out.why)}${cites(out.evidence)}`));
  return lines;
}

function list(lines: string[], title: string, entries: string[]): void {
  if (entries.length > 0) lines.push("", `## ${title}`, "", ...entries);
}

const cites = (ids: readonly string[]): string => (ids.length > 0 ? ` (${ids.join(", ")})` : "");

/** Inline code, whatever it holds. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
