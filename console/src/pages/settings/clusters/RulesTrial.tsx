// What other rules would have done with the plans that are kept, before anybody pins them. Nothing is changed by asking.
import { Alert, Badge, Group, Modal, Stack, Table, Text, Textarea, Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { fieldProblem, isToldAtFields } from "../../../api/admin";
import { answer, api, type Schemas } from "../../../api/client";
import { EntityName } from "../../../parts/entity";
import { LinkText } from "../../../parts/links";
import { PlanStateBadge } from "../../../parts/plans";
import { Problem } from "../../../parts/states";
import { Prose } from "../../../report/Prose";
import { sentence } from "../../../report/words";
import { Instant } from "../../../time/zone";
import classes from "../settings.module.css";

type Props = { cluster: string; pinned: string; onClose: () => void };

export function RulesTrial({ cluster, pinned, onClose }: Props) {
  const [text, setText] = useState(() => laidOut(pinned));
  const trial = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/clusters/{cluster}/executor/backtest", { params: { path: { cluster } }, body: { pinned: text } })),
  });
  const told = isToldAtFields(trial.error, ["/pinned"]);
  return (
    <Modal opened onClose={onClose} title="Try other rules" size="xl">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          trial.mutate();
        }}
      >
        <Stack>
          <Textarea
            label="What would be pinned"
            description="The whole document, in YAML or JSON. It is held against the plans that are kept of this cluster, and changes nothing: what counts is pinned in the cluster, by those who may."
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={fieldProblem(trial.error, "/pinned")}
            autosize
            minRows={8}
            maxRows={20}
            spellCheck={false}
            data-autofocus
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
          />
          {trial.error && !told && <Problem error={trial.error} />}
          <div aria-live="polite">{trial.data && <Found found={trial.data} />}</div>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={trial.isPending} disabled={text.trim() === ""}>
              Try
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Found({ found: { plans, not_allowed, to_the_vote, by_rule, listed } }: { found: Schemas["RulesBacktest"] }) {
  const number = (count: number) => count.toLocaleString("en");
  return (
    <Stack gap="sm">
      <Alert color={by_rule > 0 ? "yellow" : "green"} variant="light" title={by_rule > 0 ? `${number(by_rule)} of ${number(plans)} plans would have run without votes` : "Nothing would have run without votes"}>
        {number(to_the_vote)} would have been put to the vote, {number(not_allowed)} not allowed at all.
      </Alert>
      {listed.length > 0 && (
        <div className={classes["scroll"]} role="region" aria-label="Plans that would have run without votes" tabIndex={0} style={{ maxHeight: 320 }}>
          <Table verticalSpacing={6} stickyHeader miw={560}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Plan</Table.Th>
                <Table.Th>Drawn</Table.Th>
                <Table.Th>By rule</Table.Th>
                <Table.Th>What became of it</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {listed.map(({ plan, title, target, drawn_at, rule, over_the_rate, state }) => (
                <Table.Tr key={plan}>
                  <Table.Td>
                    <LinkText to="/actions/$plan" params={{ plan }} target="_blank" size="sm">
                      <Prose text={sentence(title)} />
                    </LinkText>
                    <br />
                    <EntityName entity={target} size="xs" />
                  </Table.Td>
                  <Table.Td>
                    <Instant at={drawn_at} />
                  </Table.Td>
                  <Table.Td>
                    <Group gap={6} wrap="nowrap">
                      {rule + 1}.
                      {over_the_rate && (
                        <Badge variant="light" color="gray" tt="none" title="The rule had opened as many as it may in the hour before">
                          Too many
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td>
                    <PlanStateBadge state={state} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {by_rule > listed.length && (
        <Text size="sm" c="dimmed">
          The newest {number(listed.length)} are listed.
        </Text>
      )}
    </Stack>
  );
}

/** JSON on several lines; anything else as it is. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
