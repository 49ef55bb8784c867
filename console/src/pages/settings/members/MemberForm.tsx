// Changes a member's name and what they are granted by name.
import { Alert, TextInput } from "@mantine/core";
import { useState } from "react";

import { fieldProblem, useChange, useUndo } from "../../../api/admin";
import type { Schemas } from "../../../api/client";
import { membersQuery } from "../../../api/queries";
import { meQuery, useMe } from "../../../api/session";
import { done } from "../../../parts/toast";
import { FormModal } from "../FormModal";
import { sameGrants, tidy, type Grant } from "../grants";
import { GrantsEditor } from "../GrantsEditor";
import { changeMember } from "./changes";

export function MemberForm({ member, onClose }: { member: Schemas["Member"]; onClose: () => void }) {
  const me = useMe();
  const [seen] = useState(member);
  const [name, setName] = useState(member.name);
  const [grants, setGrants] = useState<Grant[]>(member.grants);
  const touches = [membersQuery.queryKey, meQuery.queryKey];
  const change = useChange((body: Schemas["UpdateMember"]) => changeMember(seen, body), touches);
  const undo = useUndo(touches);
  const isNamed = name.trim() !== seen.name;
  const isGranted = !sameGrants(grants, seen.grants);
  const submit = () =>
    change.mutate(
      { ...(isNamed && { name }), ...(isGranted && { grants: grants.map(tidy) }) },
      {
        onSuccess: (now) => {
          onClose();
          done(`${now.name} is saved.`, undo(() => changeMember(now, { name: seen.name, grants: seen.grants })));
        },
      },
    );
  return (
    <FormModal
      opened
      onClose={onClose}
      title={`Change ${seen.name}`}
      verb="Save"
      onSubmit={submit}
      busy={change.isPending}
      disabled={name.trim() === "" || !(isNamed || isGranted)}
      error={change.error}
      fields={["/name", "/grants"]}
      size="xl"
    >
      {seen.id === me.account && isGranted && (
        <Alert color="yellow" variant="light" title="These are your own grants">
          What you take from yourself, somebody else has to give back.
        </Alert>
      )}
      <TextInput label="Name" required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={fieldProblem(change.error, "/name")} />
      <GrantsEditor value={grants} onChange={setGrants} error={fieldProblem(change.error, "/grants")} />
    </FormModal>
  );
}
