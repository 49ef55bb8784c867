// A report, on the page of its incident and behind a shared link alike.
import { Accordion, Alert, Group, Stack, Text } from "@mantine/core";
import { IconQuestionMark } from "@tabler/icons-react";

import { EntityName } from "../parts/entity";
import { SeverityMark, type Severity } from "../parts/marks";
import { Instant } from "../time/zone";
import { Cause, Suspect } from "./Cause";
import { Cites } from "./Cites";
import type { Report } from "./evidence";
import { Prose } from "./Prose";
import classes from "./Report.module.css";
import { Section } from "./Section";
import { MissingEvidence } from "./Steps";

export function ReportView({ report }: { report: Report }) {
  const { root_causes, not_proven, missing_evidence, findings } = report;
  const several = root_causes.length > 1;
  return (
    <Stack gap="md">
      {(several || root_causes.length === 0) && (
        <Alert variant="light" color={several ? "assent" : "yellow"} icon={several ? undefined : <IconQuestionMark size={18} />} title={several ? "Several independent causes" : "Not explained yet"}>
          <Prose text={report.summary} />
        </Alert>
      )}
      {root_causes.map((cause, index) => (
        <Cause key={index} cause={cause} place={several ? `Root cause ${index + 1} of ${root_causes.length}` : undefined} />
      ))}
      {missing_evidence.length > 0 && (
        <Section title="Missing evidence" about="Not in what was read, and would settle a question.">
          <MissingEvidence missing={missing_evidence} />
        </Section>
      )}
      {not_proven.length > 0 && (
        <Section title="Not proven" about="These fit, and the evidence does not show them. No verdict rests on them.">
          {not_proven.map((cause, index) => (
            <Suspect key={index} cause={cause} />
          ))}
        </Section>
      )}
      {findings.length > 0 && (
        <Section title="Symptoms" about={findings.length === 1 ? "What is wrong, as it shows." : `${findings.length} symptoms, as they show.`}>
          {findings.map((finding) => (
            <div key={finding.id} className={classes["out"]}>
              <Group gap={8} wrap="nowrap" align="flex-start">
                <span style={{ display: "flex", paddingBlockStart: 2 }}>
                  <SeverityMark severity={severityOf(finding.severity)} bare />
                </span>
                <div style={{ minWidth: 0 }}>
                  <Text size="sm" component="div">
                    <Prose text={finding.statement} />
                  </Text>
                  <Group gap="xs">
                    <EntityName entity={finding.entity} size="xs" />
                    {finding.since && (
                      <Text size="xs" c="dimmed">
                        since <Instant at={finding.since} />
                      </Text>
                    )}
                    {!finding.explained && (
                      <Text size="xs" fw={600} c="var(--assent-degraded)">
                        Not explained by a cause
                      </Text>
                    )}
                  </Group>
                  <Cites ids={finding.evidence.map(({ id }) => id)} />
                </div>
              </Group>
            </div>
          ))}
        </Section>
      )}
      <Read input={report.input} />
    </Stack>
  );
}

/** The report names severities as text; what it does not know is the least. */
function severityOf(word: string): Severity {
  return word === "broken" || word === "degraded" ? word : "notice";
}

function Read({ input }: { input: Report["input"] }) {
  const objects = Object.entries(input.objects).sort(([, a], [, b]) => b - a);
  const count = objects.reduce((sum, [, many]) => sum + many, 0);
  return (
    <Accordion variant="contained" chevronPosition="left" order={2}>
      <Accordion.Item value="read">
        <Accordion.Control>
          <Text size="sm">
            What was read: {count} objects, {input.logs === 1 ? "1 log" : `${input.logs} logs`}
            {input.unread.length > 0 && `; ${input.unread.length} could not be read`}
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="xs">
            <Text size="sm" className="foreign">
              {objects.map(([kind, many]) => `${many} ${kind}`).join(", ")}
            </Text>
            {input.as_of && (
              <Text size="sm" c="dimmed">
                As of <Instant at={input.as_of} />, from {input.sources} sources. {input.unexamined > 0 && `${input.unexamined} objects are of kinds that no rule looks at.`}
              </Text>
            )}
            {input.unread.map(({ place, why }, index) => (
              <Text key={index} size="sm" className="foreign">
                <b>{place}</b> could not be read: {why}
              </Text>
            ))}
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
