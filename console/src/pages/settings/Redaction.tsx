// What is replaced before anything is kept: the rules of one environment, with a box to try them in.
import { Button, Group, Modal, Paper, Select, Stack, Switch, Text } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useBlocker, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { redactionQuery, useChange } from "../../api/admin";
import { answer, api, ifMatch, isProblem, type Schemas } from "../../api/client";
import { environmentsQuery } from "../../api/queries";
import { allowed, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { criticalities } from "../../parts/criticality";
import { MayButton } from "../../parts/may";
import { Page } from "../../parts/page";
import { Empty, Problem } from "../../parts/states";
import { done } from "../../parts/toast";
import { Loaded } from "./ListPage";
import { RuleList } from "./redaction/RuleList";
import { TryBox } from "./redaction/TryBox";

type Rules = Schemas["RedactionRules"];

export function Redaction() {
  const navigate = useNavigate();
  const { environment: asked } = useSearch({ from: "/inside/settings/redaction" });
  const environments = useQuery(environmentsQuery);
  const chosen = environments.data?.find(({ id }) => id === asked) ?? environments.data?.[0];
  return (
    <Page title="Redaction" about="Secrets are replaced in the cluster, before anything is sent or kept. Passwords, keys and some 90 kinds of tokens are known; here you add your own.">
      <Loaded query={environments} isEmpty={(list) => list.length === 0} empty={<Empty icon={IconEyeOff} title="No environment that you may see">Rules belong to an environment.</Empty>}>
        {(list) =>
          chosen && (
            <Stack gap="lg">
              <Select
                label="Environment"
                allowDeselect={false}
                data={list.map(({ id, name, criticality }) => ({ value: id, label: `${name} (${criticalities[criticality].word})` }))}
                value={chosen.id}
                onChange={(environment) => environment && void navigate({ to: "/settings/redaction", search: { environment }, resetScroll: false })}
                maw={360}
              />
              <RulesOf key={chosen.id} environment={chosen} />
            </Stack>
          )
        }
      </Loaded>
    </Page>
  );
}

function RulesOf({ environment }: { environment: Schemas["Environment"] }) {
  const rules = useQuery(redactionQuery(environment.id));
  return <Loaded query={rules}>{(kept) => <RulesForm environment={environment} kept={kept} />}</Loaded>;
}

function RulesForm({ environment, kept }: { environment: Schemas["Environment"]; kept: Rules }) {
  const me = useMe();
  // What was read when the editing began. Rules that change meanwhile are noticed by the platform when these are saved.
  const [seen, setSeen] = useState(kept);
  const [draft, setDraft] = useState<Rules>(kept);
  const [tried, setTried] = useState<unknown>();
  const may = allowed(me.grants, "redaction.manage", { environment: environment.id, criticality: environment.criticality });
  const isChanged = JSON.stringify(whole(draft)) !== JSON.stringify(whole(seen));
  const take = (now: Rules) => {
    setSeen(now);
    setDraft(now);
  };
  const save = useChange((body: Rules) => put(environment.id, body), [redactionQuery(environment.id).queryKey]);
  const leaving = useBlocker({ shouldBlockFn: () => isChanged, enableBeforeUnload: () => isChanged, withResolver: true });
  const problem = (pointer: string) => [save.error, tried].map((error) => (isProblem(error) ? error.field(pointer) : undefined)).find((words) => words !== undefined);
  const isToldThere = isProblem(save.error) && save.error.fields.length > 0;
  const submit = () => {
    const before = seen;
    save.mutate(draft, {
      onSuccess: (now) => {
        take(now);
        done("The rules are kept. Observers take them over when they next connect.", async () => take(await put(environment.id, { ...before, version: now.version })));
      },
    });
  };
  return (
    <Stack gap="lg">
      <Paper p="md">
        <Stack gap="lg">
          <RuleList
            title="What else is a secret"
            about="Whatever a pattern finds is replaced by a stand-in, such as [redacted:name:7f3a9c01]. Equal values get equal stand-ins."
            pointer="deny"
            rules={draft.deny ?? []}
            onChange={(deny) => setDraft({ ...draft, deny })}
            problem={problem}
            readOnly={!may}
          />
          <RuleList
            title="What is no secret"
            about="A pattern has to match the whole of what a built-in rule found. It does not loosen places such as the data of a Secret, or a variable named PASSWORD."
            pointer="allow"
            rules={draft.allow ?? []}
            onChange={(allow) => setDraft({ ...draft, allow })}
            problem={problem}
            readOnly={!may}
          />
          <Switch
            label="Replace IP addresses too"
            description="They often explain a fault. Replace them only if you must."
            checked={draft.addresses}
            disabled={!may}
            onChange={(event) => setDraft({ ...draft, addresses: event.currentTarget.checked })}
          />
          <Text size="xs" c="dimmed">
            Patterns are regular expressions without look-around, of at most 1,000 characters; 100 of each kind.
          </Text>
          {save.error && !isToldThere && <Problem error={save.error} />}
          {isProblem(save.error, "stale") && (
            <Button variant="default" onClick={() => take(kept)} style={{ alignSelf: "flex-start" }}>
              Take what is kept now, and lose these changes
            </Button>
          )}
          <Group gap="xs">
            <MayButton may={may} why={whoMay("redaction.manage")} onClick={submit} loading={save.isPending} disabled={may && !isChanged}>
              Save rules
            </MayButton>
            {isChanged && (
              <Button variant="default" onClick={() => setDraft(seen)}>
                Discard
              </Button>
            )}
          </Group>
        </Stack>
      </Paper>
      <TryBox environment={environment.id} rules={withoutBlanks(whole(draft))} onAnswer={setTried} />
      <Modal opened={leaving.status === "blocked"} onClose={() => leaving.reset?.()} title="Leave without saving?">
        <Stack>
          <Text size="sm">What you changed in these rules is lost.</Text>
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

/** The rules with all their parts, so that two of them can be compared and tried. */
function whole({ deny = [], allow = [], addresses, version }: Rules): Rules {
  return { deny, allow, addresses, version };
}

/** Without the rows at the end that are still empty: they are no mistake yet. */
function withoutBlanks(rules: Rules): Rules {
  const filled = (list: Schemas["RedactionRule"][] = []) => list.slice(0, list.findLastIndex(({ name, pattern }) => name !== "" || pattern !== "") + 1);
  return { ...rules, deny: filled(rules.deny), allow: filled(rules.allow) };
}

function put(environment: string, body: Rules): Promise<Rules> {
  return answer(api.PUT("/api/v1/environments/{environment}/redaction", { params: { path: { environment }, header: ifMatch(body.version) }, body }));
}
