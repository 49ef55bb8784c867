// The plans of an incident, best first. Each is signed by itself: what is approved of one says nothing about another.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { plansOfQuery } from "../../api/plans";
import { isProblem, type Schemas } from "../../api/client";
import { LinkText } from "../../parts/links";
import { Problem } from "../../parts/states";
import { Section } from "../../report/Section";
import { Row } from "../actions/Row";
import { inOrder } from "./planOrder";
import type { People } from "./people";

const SHOWN = 6;

export function Plans({ summary, people }: { summary: Schemas["IncidentSummary"]; people: People }) {
  const { data, error, refetch } = useQuery(plansOfQuery(summary.id));
  const plans = useMemo(() => inOrder(data ?? []), [data]);
  if (error && !isProblem(error, "refused", "not_found")) return <Problem error={error} retry={() => void refetch()} />;
  if (plans.length === 0) return null;
  const waiting = plans.filter(({ may_vote, state }) => may_vote && state === "awaiting").length;
  return (
    <Section
      title="Plans"
      id="plans"
      about={waiting > 1 ? `${waiting} wait for your vote. Each is looked at and signed by itself.` : "What would end it, best first."}
      aside={
        plans.length > SHOWN && (
          <LinkText to="/actions" search={{ view: "all", incident: summary.id }} size="sm">
            All {plans.length}
          </LinkText>
        )
      }
    >
      <div role="list" aria-label="Plans">
        {plans.slice(0, SHOWN).map((plan) => (
          <div key={plan.id} role="listitem">
            <Row plan={plan} ranked who={plan.assignee ? people.nameOf(plan.assignee) : undefined} />
          </div>
        ))}
      </div>
      {plans.length > 1 && (
        <Text size="xs" c="dimmed" mt={6}>
          They are alternatives unless their changes say otherwise: when one was applied, the others are drawn anew or fall away.
        </Text>
      )}
    </Section>
  );
}
