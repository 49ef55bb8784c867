// Why a plan was drawn: the cause that it names, and the evidence by its digests, held against the report's words.
import { Badge, Code, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { EntityName } from "../../parts/entity";
import { LinkText } from "../../parts/links";
import type { Plan } from "../../plan/plan";
import { exhibitDigest } from "../../plan/digest";
import { seen } from "../../plan/json";
import { Cites } from "../../report/Cites";
import { allEvidence, type Report } from "../../report/evidence";
import { Prose } from "../../report/Prose";
import { Section } from "../../report/Section";
import classes from "./Plan.module.css";

type Props = { plan: Plan; incident: string; title: string; report: Report | null | undefined; loading: boolean };

export function Why({ plan: { grounds }, incident, title, report, loading }: Props) {
  const cause = report?.root_causes.find(({ cause, entity }) => cause === grounds.cause && entity.kind === grounds.entity.kind && entity.name === grounds.entity.name);
  const kept = useKept(report, grounds.evidence);
  return (
    <Section title="Why">
      <Stack gap="xs">
        <Text size="sm" component="div">
          <LinkText to="/incidents/$incident" params={{ incident }} size="sm" className="foreign">
            {title}
          </LinkText>
        </Text>
        {cause && (
          <Text size="sm" component="div">
            <Prose text={cause.statement} />
          </Text>
        )}
        <dl className={classes["facts"]}>
          <dt>Cause</dt>
          <dd>
            <Code className="foreign">{seen(grounds.cause)}</Code> <EntityName entity={grounds.entity} />
          </dd>
          <dt>How sure</dt>
          <dd>{grounds.confidence_percent} %</dd>
        </dl>
        <ul className={classes["lines"]} aria-label="Evidence">
          {grounds.evidence.map(({ id, digest, independent }) => {
            const stands = kept.data?.get(digest);
            return (
              <li key={`${id} ${digest}`}>
                <Group gap="xs" py={2}>
                  {stands ? <Cites ids={[stands.id]} /> : <Code className="foreign">{seen(id)}</Code>}
                  <Text size="sm" c="dimmed" truncate className="foreign" style={{ flex: "1 1 10rem" }}>
                    {stands ? seen(stands.quote) : loading ? <Skeleton height={14} width={180} component="span" display="inline-block" /> : kept.data ? "Not in the report any more: it was made anew since." : ""}
                  </Text>
                  {!independent && (
                    <Badge variant="light" color="gray" tt="none" title="The workload itself could have written it, so it does not justify a change alone">
                      By the workload
                    </Badge>
                  )}
                </Group>
              </li>
            );
          })}
        </ul>
      </Stack>
    </Section>
  );
}

/** The evidence of the report by its digests: only what has the digest that the plan names is what the plan rests on. */
function useKept(report: Report | null | undefined, named: Plan["grounds"]["evidence"]) {
  const key = report ? allEvidence(report).map(({ id, locator }) => `${id} ${locator}`) : [];
  return useQuery({
    queryKey: ["exhibits", named.map(({ digest }) => digest), key],
    enabled: Boolean(report),
    staleTime: Infinity,
    queryFn: async () => {
      const pieces = report ? allEvidence(report) : [];
      return new Map(await Promise.all(pieces.map(async (piece) => [await exhibitDigest(piece), piece] as const)));
    },
  });
}
