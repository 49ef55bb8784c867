// What takes a plan back, and what the API server said when both were tried.
import { Code, Stack, Text, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconCircleX } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { entityText } from "../../parts/entity";
import { entryOf } from "../../plan/actions";
import { changesOf } from "../../plan/diff";
import { seen } from "../../plan/json";
import type { Plan } from "../../plan/plan";
import { Section } from "../../report/Section";
import { Ago } from "../../time/zone";
import { Fields } from "./Fields";
import classes from "./Plan.module.css";

export function Undone({ plan }: { plan: Plan }) {
  const { inverse, action } = plan;
  return (
    <Section title="How it is taken back" about={`${entryOf(action.word).undone}.`}>
      {inverse.is === "patch" ? (
        <Fields changes={changesOf(inverse.of.patch, inverse.of.preconditions.observed)} />
      ) : (
        <Text size="sm">
          Nothing has to be: <b className="foreign">{seen(entityText(inverse.of.by))}</b> makes the object anew.
        </Text>
      )}
    </Section>
  );
}

export function Rehearsed({ rehearsal }: { rehearsal: Schemas["Rehearsal"] | null | undefined }) {
  return (
    <Section
      title="Rehearsal"
      about={
        rehearsal ? (
          <>
            A dry run of the API server, which keeps nothing, <Ago at={rehearsal.at} />.
          </>
        ) : (
          "A dry run of the API server, which keeps nothing."
        )
      }
    >
      {rehearsal ? (
        <ul className={classes["lines"]}>
          <Tried what="The change" run={rehearsal.change} />
          <Tried what="Taking it back" run={rehearsal.inverse} />
        </ul>
      ) : (
        <Text size="sm" c="dimmed">
          It was not tried yet. An executor tries it where its rules say as whom; by hand, the first command below does.
        </Text>
      )}
    </Section>
  );
}

function Tried({ what, run }: { what: string; run: Schemas["DryRun"] }) {
  const { icon: Icon, colour, words, more } = told(run);
  return (
    <li className={classes["line"]}>
      <span>
        <Icon size={17} color={colour} aria-hidden />
      </span>
      <Stack gap={2}>
        <Title order={3} size="sm" fw={600}>
          {what} {words}
        </Title>
        {more.map((line, at) => (
          <Text key={at} size="sm" className="foreign-block">
            {seen(line, true)}
          </Text>
        ))}
      </Stack>
    </li>
  );
}

function told(run: Schemas["DryRun"]) {
  if ("accepted" in run) {
    const { warnings } = run.accepted;
    return { icon: IconCircleCheck, colour: "var(--assent-healthy)", words: warnings.length > 0 ? "would be accepted, with warnings" : "would be accepted", more: warnings };
  }
  if ("refused" in run) {
    const { status, message, admission } = run.refused;
    return { icon: IconCircleX, colour: "var(--assent-broken)", words: `would be refused (HTTP ${status}${admission ? `, by ${seen(admission)}` : ""})`, more: [message] };
  }
  return { icon: IconCircleDashed, colour: "var(--assent-unknown)", words: "was not tried", more: [run.not_run.why] };
}

/** What is signed, to the last byte, for who wants to see it or check it elsewhere. */
export function Signed({ bytes, digest, statement }: { bytes: string; digest: string; statement: Schemas["Statement"] | null | undefined }) {
  return (
    <Section title="What is signed" about="Made on this page from what it shows. A signature is over the statement and a word, and the statement names the plan by its digest.">
      <Stack gap="xs">
        <Text size="sm" component="div">
          Digest of the plan’s {bytes.length.toLocaleString("en")} characters: <Code className="foreign">{digest}</Code>
        </Text>
        {statement && (
          <Code block tabIndex={0} aria-label="The statement" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {statement.text}
          </Code>
        )}
      </Stack>
    </Section>
  );
}
