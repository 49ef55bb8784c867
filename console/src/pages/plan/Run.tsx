// What the executor does and did. New steps come in by themselves.
import { Text } from "@mantine/core";
import { IconAlertTriangle, IconArrowBackUp, IconCheck, IconCircle, IconX } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { seen } from "../../plan/json";
import { Section } from "../../report/Section";
import { Instant } from "../../time/zone";
import type { People } from "../incident/people";
import classes from "./Plan.module.css";
import { ahead, told, type Tone } from "./steps";

const icons: Record<Tone, typeof IconCheck> = { good: IconCheck, bad: IconX, warn: IconAlertTriangle, next: IconCircle, plain: IconCheck };

export function Run({ plan, people }: { plan: Schemas["Plan"]; people: People }) {
  const { run = [], summary } = plan;
  if (run.length === 0 && summary.state !== "approved" && summary.state !== "running") return null;
  const names = new Map(plan.votes.map(({ voter, name }) => [voter, name]));
  const steps = [...told(run, (account) => names.get(account) ?? people.nameOf(account)), ...(summary.state === "approved" || summary.state === "running" ? ahead(run) : [])];
  return (
    <Section title="Run" about={summary.state === "approved" ? "Enough people have said yes. The executor takes it up as soon as it asks for work." : undefined}>
      <ol className={classes["steps"]} aria-live="polite" aria-label="Steps of the run">
        {steps.map(({ key, words, more, at, tone }) => {
          const Icon = words.includes("taken back") ? IconArrowBackUp : icons[tone];
          return (
            <li key={key} className={classes["step"]}>
              <span className={classes["dot"]} data-tone={tone}>
                <Icon size={14} aria-hidden />
              </span>
              <div>
                <Text size="sm" fw={tone === "next" ? 400 : 550} c={tone === "next" ? "dimmed" : "var(--mantine-color-text)"}>
                  {words}
                  {tone === "next" && <span className="only-read"> (to come)</span>}
                </Text>
                {more && (
                  <Text size="sm" c="dimmed" className="foreign-block">
                    {seen(more, true)}
                  </Text>
                )}
              </div>
              <Text size="xs" c="dimmed" style={{ lineHeight: "25px" }}>
                {at && <Instant at={at} short />}
              </Text>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
