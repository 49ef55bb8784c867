// What a plan changes: field by field, or the request as it is sent.
import { Code, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { CopyBlock } from "../../parts/copy";
import { entityText } from "../../parts/entity";
import { actionTitle, entryOf } from "../../plan/actions";
import { changesOf, payload } from "../../plan/diff";
import { printed, seen } from "../../plan/json";
import type { Plan } from "../../plan/plan";
import { requestLine } from "../../plan/request";
import { Section } from "../../report/Section";
import { Fields } from "./Fields";

export function Changes({ plan }: { plan: Plan }) {
  const [as, setAs] = useState("fields");
  const { request, target, action } = plan;
  return (
    <Section
      title="What changes"
      about={entryOf(action.word).does}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Show the change as"
          className="no-print"
          value={as}
          onChange={setAs}
          data={[
            { value: "fields", label: "Fields" },
            { value: "payload", label: "As it is sent" },
          ]}
        />
      }
    >
      {as === "payload" ? (
        <Payload plan={plan} />
      ) : request.is === "patch" ? (
        <Fields changes={changesOf(request.of, plan.preconditions.observed)} />
      ) : (
        <Text size="sm">
          {actionTitle(action.word)}: <b className="foreign">{seen(entityText(target.object))}</b> is deleted.
        </Text>
      )}
    </Section>
  );
}

function Payload({ plan }: { plan: Plan }) {
  const { verb, path, type } = requestLine(plan);
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Code className="foreign">
          {verb} {path}
        </Code>
        <Text size="xs" c="dimmed">
          {type}
        </Text>
      </Group>
      <CopyBlock text={printed(payload(plan))} label="Copy the body" maxHeight={520} />
      {plan.request.is === "patch" && (
        <Text size="xs" c="dimmed">
          Each <Code>test</Code> must hold, or the API server does nothing at all.
        </Text>
      )}
    </Stack>
  );
}
