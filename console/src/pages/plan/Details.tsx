// What is known of a plan besides what it changes: where, whose, since when and until when.
import { Code, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";
import { planQuery } from "../../api/plans";
import { environmentsQuery } from "../../api/queries";
import { Copy } from "../../parts/copy";
import { CriticalityBadge } from "../../parts/criticality";
import { LinkText } from "../../parts/links";
import { done, failed } from "../../parts/toast";
import { short } from "../../plan/digest";
import type { Plan } from "../../plan/plan";
import { Section } from "../../report/Section";
import { Ago, Instant } from "../../time/zone";
import type { People } from "../incident/people";
import classes from "./Plan.module.css";

const proposers: Record<Plan["proposed_by"], string> = { engine: "the remedies of the catalogue", model: "a model", person: "a person" };

type Props = { whole: Schemas["Plan"]; plan: Plan | undefined; people: People; works: boolean };

export function Details({ whole: { summary, digest }, plan, people, works }: Props) {
  const environment = useQuery(environmentsQuery).data?.find(({ id }) => id === summary.environment);
  const assign = useAssign(summary, people);
  const { assignee, author } = summary;
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
            onChange={(next) => void assign(next)}
          />
        ) : (
          assignee && <Text size="sm">Assigned to {people.nameOf(assignee)}</Text>
        )}
        <dl className={classes["facts"]}>
          <dt>Cluster</dt>
          <dd className="foreign">
            <LinkText size="sm" to="/settings/clusters" search={{ cluster: summary.cluster }}>
              {summary.cluster_name}
            </LinkText>
          </dd>
          {environment && (
            <>
              <dt>Environment</dt>
              <dd>
                <Group gap={6}>
                  <span className="foreign">{environment.name}</span>
                  <CriticalityBadge criticality={environment.criticality} />
                </Group>
              </dd>
            </>
          )}
          <dt>Place</dt>
          <dd className="foreign">
            {summary.rank}.{summary.rank_reason ? ` (${summary.rank_reason})` : ""} of its{" "}
            <LinkText size="sm" to="/actions" search={{ view: "all", incident: summary.incident }}>
              incident’s plans
            </LinkText>
          </dd>
          <dt>Proposed by</dt>
          <dd className="foreign">{author ? people.nameOf(author) : proposers[summary.proposed_by]}</dd>
          {summary.adapted_from && (
            <>
              <dt>Adapted from</dt>
              <dd>
                <LinkText size="sm" to="/actions/$plan" params={{ plan: summary.adapted_from }}>
                  another plan
                </LinkText>
              </dd>
            </>
          )}
          <dt>Drawn</dt>
          <dd>{plan ? <Instant at={plan.drawn_at} /> : <Instant at={summary.created_at} />}</dd>
          <dt>Valid until</dt>
          <dd>
            <Instant at={plan?.expires_at ?? summary.expires_at} />
          </dd>
          <dt>Changed</dt>
          <dd>
            <Ago at={summary.updated_at} />
          </dd>
          <dt>Digest</dt>
          <dd>
            <Group gap={2}>
              <Code title={digest}>{short(digest)}</Code>
              <Copy text={digest} label="Copy the digest" />
            </Group>
          </dd>
        </dl>
      </Stack>
    </Section>
  );
}

function useAssign(summary: Schemas["PlanSummary"], people: People) {
  const queries = useQueryClient();
  const give = async (to: string | null) => {
    const plan = await answer(api.POST("/api/v1/plans/{plan}/assign", { params: { path: { plan: summary.id } }, body: to === null ? {} : { to } }));
    queries.setQueryData(planQuery(summary.id).queryKey, plan);
    void queries.invalidateQueries({ queryKey: ["plans"] });
  };
  return async (to: string | null) => {
    const before = summary.assignee ?? null;
    try {
      await give(to);
      done(to === null ? "Nobody has it now" : `Assigned to ${people.nameOf(to)}`, () => give(before));
    } catch (error) {
      failed(error);
    }
  };
}
