// The action with other parameters: a new plan with a digest of its own, for which votes start over.
import { Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { planQuery } from "../../api/plans";
import { EntityName } from "../../parts/entity";
import { done } from "../../parts/toast";
import { actionTitle, entryOf, type Parameter } from "../../plan/actions";
import { proposalOf, tags, typedOf, type Typed } from "../../plan/adapt";
import { domainOf } from "../../plan/domains";
import type { Plan } from "../../plan/plan";
import { FormModal } from "../settings/FormModal";

type Props = { summary: Schemas["PlanSummary"]; plan: Plan; onClose: () => void };

export function Adapt({ summary, plan: { action, target }, onClose }: Props) {
  const [typed, setTyped] = useState<Typed>(() => typedOf(action.word, action.parameters));
  const queries = useQueryClient();
  const navigate = useNavigate();
  const propose = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/incidents/{incident}/plans", { params: { path: { incident: summary.incident } }, body: { instead_of: summary.id, proposal: proposalOf(target.object, action.word, typed) } })),
    onSuccess: async (made) => {
      queries.setQueryData(planQuery(made.summary.id).queryKey, made);
      void queries.invalidateQueries({ queryKey: ["plans"] });
      void queries.invalidateQueries({ queryKey: planQuery(summary.id).queryKey });
      onClose();
      done("Proposed. Votes start over.");
      await navigate({ to: "/actions/$plan", params: { plan: made.summary.id } });
    },
  });
  const set = (field: string, value: string) => setTyped((before) => ({ ...before, [field]: value }));
  const { parameters } = entryOf(action.word);
  return (
    <FormModal opened onClose={onClose} title={`Adapt: ${actionTitle(action.word)}`} verb="Propose" onSubmit={() => propose.mutate()} busy={propose.isPending} error={propose.error} fields={[]} size="lg">
      <Text size="sm" component="div">
        Of <EntityName entity={target.object} />. It becomes a new plan, and this one is superseded. You will have had a hand in it, so others vote on it.
      </Text>
      {parameters.map((parameter) => (
        <Field key={parameter.name} parameter={parameter} typed={typed} set={set} />
      ))}
    </FormModal>
  );
}

type FieldProps = { parameter: Parameter; typed: Typed; set: (field: string, value: string) => void };

function Field({ parameter, typed, set }: FieldProps): ReactNode {
  const { name, label, domain, optional = false } = parameter;
  const { asked, hint, choices, chars } = domainOf(domain);
  const forms = tags[asked];
  if (forms) {
    const form = forms.find(({ is }) => is === typed[`${name}.is`]);
    return (
      <Stack gap={6}>
        <Select label={label} required={!optional} data={forms.map(({ is, label: words }) => ({ value: is, label: words }))} value={form?.is ?? null} onChange={(is) => set(`${name}.is`, is ?? "")} />
        {form?.parts.map((part) => (
          <TextInput
            key={`${form.is} ${part.name}`}
            label={part.label}
            required={!part.optional}
            {...(part.number && { inputMode: "numeric" as const })}
            value={typed[`${name}.${part.name}`] ?? ""}
            onChange={(event) => set(`${name}.${part.name}`, event.currentTarget.value)}
          />
        ))}
      </Stack>
    );
  }
  const value = typed[name] ?? "";
  if (asked === "choice") return <Select label={label} required={!optional} data={[...(choices ?? [])]} value={value || null} onChange={(next) => set(name, next ?? "")} />;
  if (asked === "edits") {
    return (
      <Textarea
        label={label}
        description="A list of up to 16 edits: a path below /spec (or /data of a ConfigMap), and the value; without a value the field goes."
        required
        autosize
        minRows={6}
        maxRows={20}
        value={value}
        onChange={(event) => set(name, event.currentTarget.value)}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
    );
  }
  return (
    <TextInput
      label={label}
      description={hint}
      required={!optional && domain !== "value"}
      {...(asked === "number" && { inputMode: "numeric" as const })}
      {...(chars !== undefined && { maxLength: chars })}
      value={value}
      onChange={(event) => set(name, event.currentTarget.value)}
    />
  );
}
