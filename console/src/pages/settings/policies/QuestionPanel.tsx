// Asks policy one question, and shows the answer with the policies that decided.
import { Alert, Button, Code, Group, Paper, SegmentedControl, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fieldProblem, isToldAtFields } from "../../../api/admin";
import { answer, api, type Schemas } from "../../../api/client";
import { environmentsQuery } from "../../../api/queries";
import { actions, type Action } from "../../../api/rights";
import { criticalities } from "../../../parts/criticality";
import { Problem } from "../../../parts/states";
import { tidy, type Grant } from "../grants";
import { GrantsEditor } from "../GrantsEditor";

const NOWHERE = "*";

export function QuestionPanel({ text }: { text: string }) {
  const environments = useQuery(environmentsQuery);
  const [grants, setGrants] = useState<Grant[]>([{ role: "operator" }]);
  const [action, setAction] = useState<Action>("incident.share");
  const [where, setWhere] = useState<string>();
  const [namespace, setNamespace] = useState("");
  const [under, setUnder] = useState<"text" | "kept">("text");
  const environment = environments.data?.find(({ id }) => id === where);
  const ask = useMutation({
    mutationFn: () => {
      const question: Schemas["Question"] = {
        grants: grants.map(tidy),
        action,
        ...(environment && { environment: environment.id, criticality: environment.criticality }),
        ...(namespace.trim() !== "" && { namespace: namespace.trim() }),
      };
      return answer(api.POST("/api/v1/policies/test", { body: { question, ...(under === "text" && { text }) } }));
    },
  });
  return (
    <Paper p="md" component="section" aria-labelledby="question-title">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h5" id="question-title">
            Try a question
          </Title>
          <Text size="sm" c="dimmed">
            Somebody with these grants wants to do this, there. May they?
          </Text>
        </div>
        <GrantsEditor value={grants} onChange={setGrants} error={fieldProblem(ask.error, "/question/grants")} />
        <Group gap="xs" align="flex-end">
          <Select label="They want to" allowDeselect={false} searchable data={[...actions]} value={action} onChange={(value) => value && setAction(value as Action)} flex="1 1 12rem" />
          <Select
            label="In"
            allowDeselect={false}
            data={[{ value: NOWHERE, label: "No environment" }, ...(environments.data ?? []).map(({ id, name, criticality }) => ({ value: id, label: `${name} (${criticalities[criticality].word})` }))]}
            value={where ?? NOWHERE}
            onChange={(value) => setWhere(value === null || value === NOWHERE ? undefined : value)}
            error={fieldProblem(ask.error, "/question/criticality")}
            flex="1 1 12rem"
          />
          <TextInput
            label="Namespace"
            placeholder="None"
            value={namespace}
            onChange={(event) => setNamespace(event.currentTarget.value)}
            error={fieldProblem(ask.error, "/question/environment")}
            flex="1 1 8rem"
          />
        </Group>
        <Group gap="sm">
          <SegmentedControl
            aria-label="Under which policies"
            size="xs"
            value={under}
            onChange={(value) => setUnder(value as typeof under)}
            data={[
              { value: "text", label: "Under this text" },
              { value: "kept", label: "Under what is kept" },
            ]}
          />
          <Button variant="default" onClick={() => ask.mutate()} loading={ask.isPending} disabled={under === "text" && text.trim() === ""}>
            Ask
          </Button>
        </Group>
        {under === "text" && (
          <Text size="xs" c="dimmed">
            Asked under this text and the policies that ship, without your other texts.
          </Text>
        )}
        <div aria-live="polite">{ask.data && <Answer answer={ask.data} />}</div>
        {ask.error && !isToldAtFields(ask.error, ["/question/grants", "/question/criticality", "/question/environment"]) && <Problem error={ask.error} />}
      </Stack>
    </Paper>
  );
}

function Answer({ answer: { permitted, reasons, errors = [] } }: { answer: Schemas["Answer"] }) {
  return (
    <Alert color={permitted ? "green" : "red"} variant="light" icon={permitted ? <IconCheck size={20} aria-hidden /> : <IconX size={20} aria-hidden />} title={permitted ? "Permitted" : "Refused"}>
      {reasons.length > 0 ? (
        <Group gap={6}>
          <Text size="sm">Decided by</Text>
          {reasons.map((reason) => (
            <Code key={reason} className="foreign">
              {reason}
            </Code>
          ))}
        </Group>
      ) : (
        <Text size="sm">{permitted ? "No policy is named." : "No policy permits it."}</Text>
      )}
      {errors.map((error) => (
        <Text key={error} size="sm" mt={4} className="foreign-block">
          Could not be evaluated, and so refuses: {error}
        </Text>
      ))}
    </Alert>
  );
}
