// Invites somebody: an address, what they get, and a link to hand over.
import { Stack, Text, TextInput } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";

import { fieldProblem, useChange } from "../../../api/admin";
import { answer, api, type Schemas } from "../../../api/client";
import { membersQuery } from "../../../api/queries";
import { allowed, whoMay } from "../../../api/rights";
import { useMe } from "../../../api/session";
import { CopyBlock } from "../../../parts/copy";
import { MayButton } from "../../../parts/may";
import { Instant } from "../../../time/zone";
import { FormModal } from "../FormModal";
import { tidy, type Grant } from "../grants";
import { GrantsEditor } from "../GrantsEditor";
import { Once } from "../Once";

export function InviteButton() {
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const [invited, setInvited] = useState<Schemas["Invited"]>();
  return (
    <>
      <MayButton may={allowed(me.grants, "member.manage")} why={whoMay("member.manage")} leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAsking(true)}>
        Invite
      </MayButton>
      {asking && (
        <InviteForm
          onClose={() => setAsking(false)}
          onInvited={(made) => {
            setAsking(false);
            setInvited(made);
          }}
        />
      )}
      {invited && <InvitedModal invited={invited} onClose={() => setInvited(undefined)} />}
    </>
  );
}

function InviteForm({ onClose, onInvited }: { onClose: () => void; onInvited: (invited: Schemas["Invited"]) => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [grants, setGrants] = useState<Grant[]>([{ role: "operator" }]);
  const invite = useChange((body: Schemas["InviteMember"]) => answer(api.POST("/api/v1/members", { body })), [membersQuery.queryKey]);
  return (
    <FormModal
      opened
      onClose={onClose}
      title="Invite somebody"
      verb="Make the link"
      onSubmit={() => invite.mutate({ email, ...(name.trim() !== "" && { name }), grants: grants.map(tidy) }, { onSuccess: onInvited })}
      busy={invite.isPending}
      disabled={email.trim() === ""}
      error={invite.error}
      fields={["/email", "/name", "/grants"]}
      size="xl"
    >
      <TextInput
        label="E-mail"
        description="They sign in with it. Nothing is sent: you hand the link over yourself."
        type="email"
        required
        data-autofocus
        autoComplete="off"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={fieldProblem(invite.error, "/email")}
      />
      <TextInput
        label="Name"
        description="They can choose another when they open the link."
        autoComplete="off"
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldProblem(invite.error, "/name")}
      />
      <GrantsEditor value={grants} onChange={setGrants} error={fieldProblem(invite.error, "/grants")} />
    </FormModal>
  );
}

function InvitedModal({ invited: { member, link, expires_at }, onClose }: { invited: Schemas["Invited"]; onClose: () => void }) {
  return (
    <Once opened onClose={onClose} title="The invitation" about="Whoever opens this link first becomes this member. Hand it over in a way that only they can read.">
      <Stack gap="xs">
        <Text size="sm">
          For <b className="foreign">{member.email}</b>, until <Instant at={expires_at} />. It works once.
        </Text>
        <CopyBlock text={link} label="Copy link" />
      </Stack>
    </Once>
  );
}
