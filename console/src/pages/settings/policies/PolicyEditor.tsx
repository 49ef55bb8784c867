// Writes one policy: its text, what is wrong in it, a question to try it with, and what it would have changed.
import { Button, Group, Menu, Modal, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useBlocker } from "@tanstack/react-router";
import { useRef, useState } from "react";

import { fieldProblem, policiesQuery, useChange } from "../../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../../api/client";
import { allowed, whoMay } from "../../../api/rights";
import { useMe } from "../../../api/session";
import { MayButton } from "../../../parts/may";
import { done } from "../../../parts/toast";
import { labelWords } from "../../connect/endpoint";
import { CodeEditor } from "./CodeEditor";
import { examples } from "./examples";
import { faultOf } from "./fault";
import { QuestionPanel } from "./QuestionPanel";
import { SaveModal } from "./SaveModal";
import { checkedWords, useChecked } from "./useChecked";

type Policy = Schemas["Policy"];

export function PolicyEditor({ policy, onClose, onSaved }: { policy?: Policy; onClose: () => void; onSaved: (policy: Policy) => void }) {
  const me = useMe();
  const [seen] = useState(policy);
  const [draft, setDraft] = useState<Schemas["PutPolicy"]>({ name: policy?.name ?? "", text: policy?.text ?? "", enabled: policy?.enabled ?? true });
  const [reviewing, setReviewing] = useState(false);
  const checked = useChecked(draft.text);
  const may = allowed(me.grants, "policy.manage");
  const isChanged = draft.name !== (seen?.name ?? "") || draft.text !== (seen?.text ?? "") || draft.enabled !== (seen?.enabled ?? true);
  const save = useChange((body: Schemas["PutPolicy"]) => (seen ? put(seen, body) : answer(api.POST("/api/v1/policies", { body }))), [policiesQuery.queryKey]);
  // What is not kept yet is not lost by a stray click.
  const isKept = useRef(false);
  const leaving = useBlocker({ shouldBlockFn: () => isChanged && !isKept.current, enableBeforeUnload: () => isChanged && !isKept.current, withResolver: true });
  const keep = () =>
    save.mutate(draft, {
      onSuccess: (now) => {
        setReviewing(false);
        // The page is left before the next render could say that nothing is lost.
        isKept.current = true;
        done(`The policy ${now.name} is kept.`);
        onSaved(now);
      },
      onError: (error) => {
        if (faultOf(error) || fieldProblem(error, "/name")) setReviewing(false);
      },
    });
  const fault = checked.fault ?? faultOf(save.error);
  return (
    <Stack gap="lg">
      <Group gap="md" align="flex-end">
        <TextInput
          label="Name"
          description="Lower case, digits and -. Decisions name it."
          required
          autoComplete="off"
          spellCheck={false}
          readOnly={!may}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          error={labelWords(draft.name) ?? fieldProblem(save.error, "/name")}
          flex="1 1 16rem"
          maw={420}
        />
        <Switch label="It counts" checked={draft.enabled} disabled={!may} onChange={(event) => setDraft({ ...draft, enabled: event.currentTarget.checked })} mb={8} />
      </Group>
      <div>
        <CodeEditor label="Policy text" value={draft.text} onChange={(text) => setDraft({ ...draft, text })} fault={fault} status={checkedWords[checked.state]} readOnly={!may} />
        {draft.text === "" && may && (
          <Menu position="bottom-start">
            <Menu.Target>
              <Button variant="default" size="xs" rightSection={<IconChevronDown size={14} aria-hidden />}>
                Begin with an example
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {examples.map(({ title, text }) => (
                <Menu.Item key={title} onClick={() => setDraft({ ...draft, text })}>
                  {title}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <Group gap="xs">
        <MayButton
          may={may}
          why={whoMay("policy.manage")}
          disabled={may && (!isChanged || draft.name === "" || labelWords(draft.name) !== undefined || draft.text.trim() === "" || checked.state === "wrong" || checked.state === "checking")}
          onClick={() => {
            save.reset();
            setReviewing(true);
          }}
        >
          Back-test and save
        </MayButton>
        <Button variant="default" onClick={onClose}>
          {isChanged ? "Discard" : "Close"}
        </Button>
        {isChanged && (
          <Text size="sm" c="dimmed">
            Not kept yet
          </Text>
        )}
      </Group>
      <QuestionPanel text={draft.text} />
      {reviewing && (
        <SaveModal text={draft.text} replaces={seen?.enabled ?? false} enabled={draft.enabled} busy={save.isPending} error={save.error} onClose={() => setReviewing(false)} onSave={keep} />
      )}
      <Modal opened={leaving.status === "blocked"} onClose={() => leaving.reset?.()} title="Leave without keeping it?">
        <Stack>
          <Text size="sm">What you changed in this policy is lost.</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => leaving.reset?.()} data-autofocus>
              Stay
            </Button>
            <Button color="red" onClick={() => leaving.proceed?.()}>
              Leave
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}

export function put({ id, version }: Policy, body: Schemas["PutPolicy"]): Promise<Policy> {
  return answer(api.PUT("/api/v1/policies/{policy}", { params: { path: { policy: id }, header: ifMatch(version) }, body }));
}
