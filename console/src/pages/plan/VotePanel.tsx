// Who has to say yes, who has, and the caller's own word.
import { Alert, Badge, Button, Code, Group, List, Progress, Stack, Text, Title } from "@mantine/core";
import { IconCircleCheck, IconFingerprint, IconHandStop, IconRotate, IconShieldX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { passkeysQuery } from "../../api/admin";
import type { Schemas } from "../../api/client";
import { allowedSomewhere } from "../../api/rights";
import { useMe } from "../../api/session";
import { hasPasskeys } from "../../api/webauthn";
import { CopyBlock } from "../../parts/copy";
import { LinkText } from "../../parts/links";
import { seen } from "../../plan/json";
import type { Word } from "../../plan/statement";
import { Section } from "../../report/Section";
import { Left } from "../../time/countdown";
import { Ago, useNow } from "../../time/zone";
import classes from "./Plan.module.css";
import { rejectVerb, standingOf, termsText } from "./standing";
import type { Agreement } from "./useShown";

type Plan = Schemas["Plan"];
type Props = { plan: Plan; agreement: Agreement; ask: (word: Word) => void };

export function VotePanel({ plan, agreement, ask }: Props) {
  const { summary, statement, votes, could_vote = [] } = plan;
  const asked = summary.state === "awaiting";
  if (!statement) {
    return (
      <Section title="Votes" id="votes">
        <Text size="sm">
          Nobody is asked{plan.not_asked ? <span className="foreign">: {plan.not_asked}</span> : ""}.
        </Text>
        <Text size="sm" c="dimmed" mt={4}>
          It can be followed by hand.{" "}
          <LinkText to="/settings/clusters" search={{ cluster: summary.cluster }} size="sm">
            The cluster’s executor
          </LinkText>
        </Text>
      </Section>
    );
  }
  const { quorum, assurance } = statement.fields;
  return (
    <Section
      title="Votes"
      id="votes"
      aside={
        (asked || summary.state === "approved") && (
          <Text size="sm" c="dimmed">
            <Left until={statement.fields.expires_at} />
          </Text>
        )
      }
    >
      <Stack gap="sm">
        <div>
          <Group justify="space-between" gap="xs">
            <Text size="sm" fw={600}>
              {summary.approvals} of {quorum}
            </Text>
            {summary.my_word === "approve" && (
              <Badge variant="light" color="green" tt="none">
                You approved
              </Badge>
            )}
            {summary.my_word === "reject" && (
              <Badge variant="light" color="gray" tt="none">
                You rejected
              </Badge>
            )}
          </Group>
          <Progress.Root size="sm" my={4}>
            <Progress.Section value={Math.min(100, (100 * summary.approvals) / quorum)} aria-label="People who have said yes" />
          </Progress.Root>
          <Text size="xs" c="dimmed">
            {termsText({ quorum, assurance })}.
          </Text>
        </div>
        <Own plan={plan} agreement={agreement} ask={ask} />
        <Cast votes={votes} />
        {asked && <Others could={could_vote} votes={votes.length > 0} />}
      </Stack>
    </Section>
  );
}

function Own({ plan, agreement, ask }: Props) {
  const me = useMe();
  const now = useNow();
  const passkeys = useQuery(passkeysQuery);
  const standing = standingOf(plan, me.account ?? undefined, allowedSomewhere(me.grants, "plan.vote"), now);
  const none = passkeys.data?.length === 0 || !hasPasskeys();
  const anything = standing.approve || standing.reject || standing.withdraw;
  if (standing.why) {
    return (
      <Text size="sm" c="dimmed">
        {standing.why}
      </Text>
    );
  }
  if (!anything) return null;
  if (agreement.is === "differs") {
    return (
      <Alert color="red" variant="light" icon={<IconShieldX size={20} aria-hidden />} title="This page does not sign this plan" role="alert">
        <Text size="sm" className="foreign">
          {agreement.why}
        </Text>
        <Text size="sm" mt={4}>
          Something between this page and the plan is not right. Tell whoever runs the platform.
        </Text>
      </Alert>
    );
  }
  const command = standing.approve ? `assent approve ${plan.summary.id}` : standing.reject ? `assent reject ${plan.summary.id} --reason '…'` : `assent withdraw ${plan.summary.id}`;
  return (
    <Stack gap="xs" className="no-print">
      {none ? (
        <Alert variant="light" icon={<IconFingerprint size={20} aria-hidden />} title="You have no passkey here">
          <Text size="sm">
            {hasPasskeys() ? "Votes are signed. " : "This browser knows no passkeys at this address. "}
            <LinkText to="/account" size="sm">
              Add a passkey to your account
            </LinkText>
            , or sign with an SSH key from the command line:
          </Text>
        </Alert>
      ) : (
        <Group gap="xs">
          {standing.approve && (
            <Button leftSection={<IconFingerprint size={17} aria-hidden />} onClick={() => ask("approve")} loading={agreement.is === "checking"}>
              Approve…
            </Button>
          )}
          {standing.reject && (
            <Button variant="default" leftSection={standing.reject === "undo" ? <IconRotate size={17} aria-hidden /> : <IconHandStop size={17} aria-hidden />} onClick={() => ask("reject")}>
              {rejectVerb[standing.reject]}…
            </Button>
          )}
          {standing.withdraw && (
            <Button variant="subtle" color="gray" onClick={() => ask("withdraw")}>
              Withdraw my vote…
            </Button>
          )}
        </Group>
      )}
      {!none && plan.could_vote?.some(({ account, pinned }) => account === me.account && !pinned) && (
        <Text size="sm" c="var(--assent-degraded)">
          The cluster has no key of yours pinned yet, so it would not believe your vote. Whoever runs the executor adds it to what is pinned there.
        </Text>
      )}
      {standing.reject === "undo" && plan.undo_until && (
        <Text size="xs" c="dimmed">
          A signed rejection takes the change back. <Left until={plan.undo_until} />
        </Text>
      )}
      {none ? <CopyBlock text={command} label="Copy the command" /> : (
        <Text size="xs" c="dimmed" component="div">
          Or with an SSH key: <Code>{command}</Code>
        </Text>
      )}
    </Stack>
  );
}

const words: Record<Schemas["WordKind"], string> = { approve: "approved", reject: "rejected", withdraw: "withdrew" };

function Cast({ votes }: { votes: Plan["votes"] }) {
  if (votes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nobody has voted yet.
      </Text>
    );
  }
  return (
    <ul className={classes["votes"]} aria-label="Votes" aria-live="polite">
      {votes.map(({ voter, name, round, word, reason, signed_with, at, counts }) => (
        <li key={`${voter} ${round}`}>
          <Group gap={6} wrap="nowrap" align="flex-start">
            {word === "approve" ? <IconCircleCheck size={17} color={counts ? "var(--assent-healthy)" : "var(--assent-unknown)"} aria-hidden /> : <IconHandStop size={17} color="var(--assent-unknown)" aria-hidden />}
            <div style={{ minWidth: 0 }}>
              <Text size="sm" component="div" c={counts ? "var(--mantine-color-text)" : "dimmed"}>
                <Text span inherit fw={600} className="foreign">
                  {name}
                </Text>{" "}
                {words[word]}
                {!counts && word !== "withdraw" && ", which does not count any more"}
              </Text>
              {reason && (
                <Text size="sm" className="foreign-block">
                  {reason}
                </Text>
              )}
              <Text size="xs" c="dimmed" component="div">
                <Ago at={at} />, with {signed_with === "passkey" ? "a passkey" : "an SSH key"}
              </Text>
            </div>
          </Group>
        </li>
      ))}
    </ul>
  );
}

function Others({ could, votes }: { could: NonNullable<Plan["could_vote"]>; votes: boolean }) {
  const { account } = useMe();
  const others = could.filter((one) => one.account !== account);
  const pinned = others.filter((one) => one.pinned);
  const loose = others.filter((one) => !one.pinned);
  if (others.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nobody{votes || others.length < could.length ? " else" : ""} may vote on it.
      </Text>
    );
  }
  return (
    <div>
      {pinned.length > 0 && (
        <>
          <Title order={3} size="sm" fw={600}>
            Who else can vote
          </Title>
          <Text size="sm" className="foreign">
            {pinned.map(({ name }) => seen(name)).join(", ")}
          </Text>
        </>
      )}
      {loose.length > 0 && (
        <>
          <Title order={3} size="sm" fw={600} mt={pinned.length > 0 ? 6 : 0}>
            Whose vote moves nothing yet
          </Title>
          <Text size="xs" c="dimmed">
            Policy lets them vote, but the cluster has no key of theirs pinned.
          </Text>
          <List size="sm">
            {loose.map(({ account, name }) => (
              <List.Item key={account} className="foreign">
                {seen(name)}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </div>
  );
}
