// The last look before a signature: what is assented to, and the word. The passkey is asked only after this page has made every signed byte itself.
import { Alert, Button, Code, Collapse, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFingerprint, IconShieldX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import type { Schemas } from "../../api/client";
import { planQuery } from "../../api/plans";
import { useMe } from "../../api/session";
import { passkeyWords } from "../../api/webauthn";
import { EntityName } from "../../parts/entity";
import { RiskMark, riskMeans } from "../../parts/plans";
import { Problem } from "../../parts/states";
import { done } from "../../parts/toast";
import { castVote, NoPasskey } from "../../plan/cast";
import { NotSigned } from "../../plan/check";
import { short } from "../../plan/digest";
import { changesOf } from "../../plan/diff";
import { Unreadable } from "../../plan/json";
import type { Plan } from "../../plan/plan";
import type { Word } from "../../plan/statement";
import { titleOf } from "../../plan/title";
import { Left } from "../../time/countdown";
import { Fields } from "./Fields";
import { rejectVerb, type Standing } from "./standing";

type Props = { whole: Schemas["Plan"]; plan: Plan; word: Word; reject: Standing["reject"]; onClose: () => void };

const titles: Record<Word, string> = { approve: "Approve this plan", reject: "Reject this plan", withdraw: "Withdraw your vote" };
const after: Record<Word, string> = { approve: "Your approval is on the ledger.", reject: "Your rejection is on the ledger.", withdraw: "Your vote does not count any more." };
const FIELDS_SHOWN = 8;
/** What the platform takes. */
const REASON_CHARS_MAX = 1_000;

export function VoteDialog({ whole, plan, word, reject, onClose }: Props) {
  const me = useMe();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const said = reason.trim();
  const ready = word !== "reject" || said !== "";
  const verb = word === "reject" && reject ? rejectVerb[reject] : titles[word].split(" ")[0];

  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || state.busy) return;
    setState({ busy: true });
    try {
      const voted = await castVote({ plan: whole, word, ...(word === "reject" && { reason: said }), voter: me.account ?? "", tenant: me.tenant });
      queries.setQueryData(planQuery(whole.summary.id).queryKey, voted);
      void queries.invalidateQueries({ queryKey: ["plans"] });
      done(after[word]);
      onClose();
    } catch (error) {
      setState({ busy: false, error });
      void queries.invalidateQueries({ queryKey: planQuery(whole.summary.id).queryKey });
    }
  };

  return (
    <Modal opened onClose={state.busy ? () => undefined : onClose} title={word === "reject" && reject && reject !== "reject" ? `${rejectVerb[reject]}: ${titleOf(plan.action)}` : titles[word]} size="lg">
      <form onSubmit={(event) => void send(event)}>
        <Stack gap="sm">
          <Look whole={whole} plan={plan} detailed={word === "approve"} />
          {word === "reject" && (
            <Textarea
              label="Why"
              description={reject === "reject" ? "Signed with your word, and kept: it sends the plan back for a rethink, and later proposals weigh it." : "Signed with your word, and kept. The executor takes back what it has changed."}
              required
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              maxLength={REASON_CHARS_MAX}
              autosize
              minRows={2}
              maxRows={8}
              data-autofocus
            />
          )}
          {word === "withdraw" && <Text size="sm">What you said before does not count then. Nothing else changes.</Text>}
          {state.error !== undefined && <Refusal error={state.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose} disabled={state.busy}>
              Cancel
            </Button>
            <Button type="submit" px="md" leftSection={<IconFingerprint size={17} aria-hidden />} loading={state.busy} disabled={!ready} {...(word !== "reject" && { "data-autofocus": true })}>
              {verb} with passkey
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Look({ whole: { summary, statement, digest }, plan, detailed }: { whole: Schemas["Plan"]; plan: Plan; detailed: boolean }) {
  const [opened, { toggle }] = useDisclosure();
  const changes = plan.request.is === "patch" ? changesOf(plan.request.of, plan.preconditions.observed) : [];
  return (
    <>
      <div>
        <Text fw={600} className="foreign">
          {titleOf(plan.action)}
        </Text>
        <Group gap="sm">
          <EntityName entity={plan.target.object} />
          <Text size="sm" c="dimmed" className="foreign">
            in {summary.cluster_name}
          </Text>
          <RiskMark risk={plan.risk} />
        </Group>
      </div>
      {detailed && (
        <>
          {plan.request.is === "delete" ? <Text size="sm">The object is deleted.</Text> : <Fields changes={changes.slice(0, FIELDS_SHOWN)} />}
          {changes.length > FIELDS_SHOWN && (
            <Text size="sm" c="dimmed">
              and {changes.length - FIELDS_SHOWN} fields more, on the page
            </Text>
          )}
          <Text size="sm" c="dimmed">
            {riskMeans(plan.risk)}. {plan.blast_radius.direct.count} objects directly, {plan.blast_radius.adjacent.count} beside them, {plan.blast_radius.downstream.count} downstream.{" "}
            {statement && <Left until={statement.fields.expires_at} />}
          </Text>
        </>
      )}
      <div>
        <Button size="compact-xs" variant="subtle" onClick={toggle} aria-expanded={opened} px={0}>
          Plan {short(digest)}: what is signed
        </Button>
        <Collapse expanded={opened}>
          <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {statement?.text}
          </Code>
        </Collapse>
      </div>
    </>
  );
}

/** Why nothing was signed or taken. A difference is told as what it is: a reason to stop. */
function Refusal({ error }: { error: unknown }) {
  if (error instanceof NotSigned || error instanceof Unreadable) {
    return (
      <Alert color="red" variant="light" role="alert" icon={<IconShieldX size={20} aria-hidden />} title="Nothing was signed">
        <Text size="sm" className="foreign">
          {error.message}
        </Text>
        <Text size="sm" mt={4}>
          If the page was open for long, read the plan anew. If it comes again, tell whoever runs the platform.
        </Text>
      </Alert>
    );
  }
  if (error instanceof NoPasskey) {
    return (
      <Alert color="yellow" variant="light" role="alert" icon={<IconFingerprint size={20} aria-hidden />} title="None of your passkeys counts in this cluster">
        <Text size="sm">
          Its executor has none of them pinned. Whoever runs it adds your passkey to what is pinned there; Settings → Clusters shows what that is now. A pinned SSH key signs from the command line.
        </Text>
      </Alert>
    );
  }
  const words = passkeyWords(error);
  if (words) {
    return (
      <Text size="sm" role="alert">
        {words}
      </Text>
    );
  }
  return <Problem error={error} />;
}
