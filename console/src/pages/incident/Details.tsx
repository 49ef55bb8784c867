// What is known of an incident besides its report: where, since when, who has it.
import { Code, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client";
import { environmentsQuery } from "../../api/queries";
import { LinkText } from "../../parts/links";
import classes from "../../report/Report.module.css";
import { Section } from "../../report/Section";
import { duration } from "../../time/format";
import { Ago, Instant } from "../../time/zone";
import type { IncidentActs } from "./acts";
import type { People } from "./people";

type Props = { incident: Schemas["Incident"]; people: People; acts: IncidentActs; works: boolean };

export function Details({ incident: { summary, context = [] }, people, acts, works }: Props) {
  const environment = useQuery(environmentsQuery).data?.find(({ id }) => id === summary.environment);
  const { assignee } = summary;
  const choices = people.known.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Section title="Details">
      <Stack gap="sm">
        {works ? (
          <Select
            label="Assignee"
            placeholder="Nobody"
            className="no-print"
            clearable
            searchable
            data={assignee && !people.known.some(({ id }) => id === assignee) ? [...choices, { value: assignee, label: people.nameOf(assignee) }] : choices}
            value={assignee ?? null}
            onChange={(next) => void acts.assign([summary], next, next ? people.nameOf(next) : "")}
          />
        ) : (
          assignee && <Text size="sm">Assigned to {people.nameOf(assignee)}</Text>
        )}
        <dl className={classes["facts"]}>
          <dt>Cluster</dt>
          <dd className="foreign">
            <LinkText size="sm" underline="always" to="/topology" search={{ cluster: summary.cluster, incident: summary.id }}>
              {summary.cluster_name}
            </LinkText>
            {environment && ` (${environment.name}, ${environment.criticality})`}
          </dd>
          {summary.namespaces.length > 0 && (
            <>
              <dt>Namespaces</dt>
              <dd className="foreign">{summary.namespaces.join(", ")}</dd>
            </>
          )}
          <dt>Affected</dt>
          <dd>{summary.affected === 1 ? "1 object" : `${summary.affected} objects`}</dd>
          <dt>Opened</dt>
          <dd>
            <Instant at={summary.opened_at} />
          </dd>
          {summary.explained_at && (
            <>
              <dt>Explained</dt>
              <dd title="From the first symptom to the first checked report">after {between(summary.opened_at, summary.explained_at)}</dd>
            </>
          )}
          {summary.closed_at && (
            <>
              <dt>Closed</dt>
              <dd>
                <Instant at={summary.closed_at} />, after {between(summary.opened_at, summary.closed_at)}
              </dd>
            </>
          )}
          <dt>Changed</dt>
          <dd>
            <Ago at={summary.updated_at} />
          </dd>
          <dt>Fingerprint</dt>
          <dd>
            <Code title="The same for every recurrence">{summary.fingerprint.slice(0, 12)}</Code>
          </dd>
        </dl>
        {context.length > 0 && (
          <div>
            <Text size="sm" fw={600}>
              Added by people
            </Text>
            <Text size="xs" c="dimmed">
              Told to readers, and never taken as evidence.
            </Text>
            {context.map((text, index) => (
              <Text key={index} size="sm" className="foreign-block" mt={4}>
                {text}
              </Text>
            ))}
          </div>
        )}
      </Stack>
    </Section>
  );
}

/** The time between two instants, in words. */
function between(from: string, to: string): string {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return seconds < 1 ? "less than a second" : duration(seconds);
}
