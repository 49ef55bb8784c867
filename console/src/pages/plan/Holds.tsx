// What must still be so when a plan runs, and what was checked when it was drawn.
import { Button, Collapse, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconHelpCircle, IconLock, type Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { fieldText, guardsOf, partsOf } from "../../plan/diff";
import { seen, shown } from "../../plan/json";
import type { Check, Plan, Preconditions } from "../../plan/plan";
import { Section } from "../../report/Section";
import classes from "./Plan.module.css";

const outcomes: Record<Check["outcome"], { word: string; colour: string; icon: Icon }> = {
  passes: { word: "Passes", colour: "var(--assent-healthy)", icon: IconCircleCheck },
  warns: { word: "Warns", colour: "var(--assent-degraded)", icon: IconAlertTriangle },
  fails: { word: "Fails", colour: "var(--assent-broken)", icon: IconCircleX },
  unknown: { word: "Unknown", colour: "var(--assent-unknown)", icon: IconHelpCircle },
};
const topics: Record<Check["about"], string> = {
  quota: "Quota",
  limit_range: "Limit range",
  scheduling_fit: "Room on nodes",
  disruption_budget: "Disruption budget",
  ownership: "Ownership",
};

/** What is wrong first. */
const order: readonly Check["outcome"][] = ["fails", "warns", "unknown", "passes"];

export function Checked({ plan }: { plan: Plan }) {
  const sorted = [...plan.checks].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  return (
    <Section title="What was checked" about="Against the cluster as it was captured.">
      {sorted.length === 0 && <Text size="sm">Nothing that could be checked concerns it.</Text>}
      <ul className={classes["lines"]}>
        {sorted.map(({ about, outcome, says }, at) => {
          const { word, colour, icon: Icon } = outcomes[outcome];
          return (
            <li key={at} className={classes["line"]}>
              <span>
                <Icon size={17} color={colour} aria-label={word} role="img" />
              </span>
              <Text size="sm" className="foreign">
                <Text span inherit fw={600}>
                  {topics[about]}:
                </Text>{" "}
                {seen(says)}
              </Text>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

export function Holds({ plan }: { plan: Plan }) {
  const { preconditions, request } = plan;
  const guards = request.is === "patch" ? guardsOf(request.of).filter(({ path }) => path !== "/metadata/uid" && path !== "/metadata/generation" && path !== "/metadata/resourceVersion") : [];
  return (
    <Section title="What must still be so" about="Anything else is drift, and drift refuses: then nothing is changed.">
      <ul className={classes["lines"]}>
        <Must>
          {preconditions.uid === undefined ? "It is not known which object it is, so nothing can run." : <>It is the same object: UID {seen(preconditions.uid)}</>}
        </Must>
        <Must>{unmoved(preconditions)}</Must>
        {guards.map(({ path, value }) => (
          <Must key={path}>
            {fieldText(partsOf(path))} is {shown(value)}
          </Must>
        ))}
        <Observed preconditions={preconditions} />
      </ul>
    </Section>
  );
}

function unmoved({ unmoved: measure, generation, resource_version }: Preconditions): string {
  if (measure === "generation") return generation === undefined ? "Its generation was not seen, so nothing can run." : `Its specification is the same: generation ${generation}`;
  if (measure === "resource_version") return resource_version === undefined ? "Its resource version was not seen, so nothing can run." : `Not a byte of it was written since: resource version ${seen(resource_version)}`;
  return "The fields that the plan touches are as they were seen";
}

function Must({ children }: { children: ReactNode }) {
  return (
    <li className={classes["line"]}>
      <span>
        <IconLock size={15} color="var(--assent-unknown)" aria-hidden />
      </span>
      <Text size="sm" className="foreign">
        {children}
      </Text>
    </li>
  );
}

function Observed({ preconditions: { observed } }: { preconditions: Preconditions }) {
  const [opened, { toggle }] = useDisclosure();
  if (observed.length === 0) return null;
  return (
    <li>
      <Button size="compact-xs" variant="subtle" onClick={toggle} aria-expanded={opened} ms={24}>
        {observed.length === 1 ? "1 field is as it was seen" : `${observed.length} fields are as they were seen`}
      </Button>
      <Collapse expanded={opened}>
        <ul className={classes["lines"]}>
          {observed.map(({ path, value }) => (
            <Must key={path}>
              <span className={`${classes["path"]} foreign`}>{fieldText(partsOf(path))}</span>
              <br />
              <span className={`${classes["text"]} foreign`}>{value === undefined ? "absent" : shown(value)}</span>
            </Must>
          ))}
        </ul>
      </Collapse>
    </li>
  );
}
