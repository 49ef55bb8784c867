// What is pinned in a cluster, for people: who may approve, what may be done, and how many must say so.
import { Badge, Button, Collapse, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Fragment, useMemo } from "react";

import { CopyBlock } from "../../../parts/copy";
import { actionTitle } from "../../../plan/actions";
import { seen } from "../../../plan/json";
import { keysText, readPinned, type Pinned, type Rules } from "../../../plan/pinned";
import { duration } from "../../../time/format";
import { useNow } from "../../../time/zone";
import { termsText } from "../../plan/standing";
import { Facts } from "../Facts";

export function PinnedView({ pinned: text, cluster }: { pinned: string; cluster: string }) {
  const pinned = useMemo(() => readPinned(text), [text]);
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <Stack gap="md">
      {pinned ? (
        <>
          {pinned.cluster !== cluster && (
            <Text size="sm" c="var(--assent-broken)" role="alert">
              It is pinned for another cluster.
            </Text>
          )}
          <Approvers pinned={pinned} />
          <Allowed rules={pinned.rules} />
        </>
      ) : (
        <Text size="sm">This page does not know its form. It is shown below as it is.</Text>
      )}
      <div>
        <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened}>
          As it is pinned
        </Button>
        <Collapse expanded={opened || !pinned}>
          <CopyBlock text={seen(text)} label="Copy what is pinned" maxHeight={300} />
        </Collapse>
      </div>
    </Stack>
  );
}

function Approvers({ pinned }: { pinned: Pinned }) {
  const now = useNow();
  return (
    <div>
      <Title order={4} size="h6" mb={4}>
        Who may approve ({pinned.approvers.length})
      </Title>
      <Stack gap={6}>
        {pinned.approvers.length === 0 && <Text size="sm">Nobody.</Text>}
        {pinned.approvers.map(({ account, name, user, groups, keys }) => (
          <div key={account}>
            <Text size="sm" fw={550} className="foreign">
              {seen(name)}
            </Text>
            <Text size="xs" c="dimmed" className="foreign">
              {keysText(keys, now)}; acts as {seen(user)}
              {groups.length > 0 && ` (${seen(groups.join(", "))})`}
            </Text>
          </div>
        ))}
      </Stack>
      <Text size="xs" c="dimmed" mt={6} className="foreign">
        Passkeys of {seen(pinned.domain)}, asked for by {seen(pinned.origins.join(", "))}
      </Text>
    </div>
  );
}

const risks = [
  ["low", "Low risk"],
  ["medium", "Medium risk"],
  ["high", "High risk"],
  ["exceptional", "Exceptional"],
] as const;

function Allowed({ rules }: { rules: Rules }) {
  return (
    <div>
      <Title order={4} size="h6" mb={4}>
        What may be done
      </Title>
      <Group gap={6} mb={8}>
        {rules.actions.length === 0 && <Text size="sm">Nothing.</Text>}
        {rules.actions.map((word) => (
          <Badge key={word} variant="outline" color={word === "custom_patch" ? "red" : "gray"} tt="none">
            {actionTitle(word)}
          </Badge>
        ))}
      </Group>
      <Facts
        facts={[
          ["Namespaces", rules.namespaces.length > 0 ? seen(rules.namespaces.join(", ")) : "None"],
          ["Without a namespace", rules.cluster_scoped ? "Nodes and the like too" : "Nothing"],
          ...risks.map(([risk, words]) => [words, termsText(rules.terms[risk])] as const),
          ["Rehearsed as", rules.rehearse_as ? seen(rules.rehearse_as.user) : "Nobody: plans are not tried before they are approved"],
          ["Watched for", duration(rules.verify_s)],
          ["Can be taken back for", duration(rules.undo_s)],
          [
            "Without votes",
            rules.auto_approve.length === 0
              ? "Nothing"
              : rules.auto_approve.map(({ action, namespaces, per_hour_max, run_as }) => (
                  <Fragment key={`${action} ${namespaces.join()}`}>
                    {actionTitle(action)} in {seen(namespaces.join(", "))}, at most {per_hour_max} an hour, as {seen(run_as.user)}
                    <br />
                  </Fragment>
                )),
          ],
        ]}
      />
    </div>
  );
}
