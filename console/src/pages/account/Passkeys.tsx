// The caller's passkeys: made here, and removed here.
import { Badge, Button, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { IconFingerprint, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fieldProblem, passkeysQuery, useChange } from "../../api/admin";
import { answer, api, type Schemas } from "../../api/client";
import { signInOptionsQuery } from "../../api/queries";
import { hasPasskeys, makePasskey, passkeyWords } from "../../api/webauthn";
import { ConfirmModal } from "../../parts/confirm";
import { MayButton } from "../../parts/may";
import { RowTable, type Column } from "../../parts/table";
import { done } from "../../parts/toast";
import { Ago } from "../../time/zone";
import { FormModal } from "../settings/FormModal";
import { Loaded } from "../settings/ListPage";
import { browserWords } from "./browser";

type Passkey = Schemas["Passkey"];

export function Passkeys() {
  const passkeys = useQuery(passkeysQuery);
  const options = useQuery(signInOptionsQuery);
  const [making, setMaking] = useState(false);
  const [gone, setGone] = useState<Passkey>();
  const remove = useChange((passkey: string) => answer(api.DELETE("/api/v1/me/passkeys/{passkey}", { params: { path: { passkey } } })), [passkeysQuery.queryKey]);
  const columns: Column<Passkey>[] = [
    {
      head: "Passkey",
      bare: true,
      cell: ({ name, backed_up }) => (
        <Group gap={8} wrap="nowrap">
          <Text size="sm" fw={550} className="foreign">
            {name}
          </Text>
          {backed_up && (
            <Tooltip label="Its keeper has a copy, so it outlives the device">
              <Badge variant="light" tt="none" autoContrast>
                Synced
              </Badge>
            </Tooltip>
          )}
        </Group>
      ),
    },
    { head: "Last used", cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : "Never") },
    { head: "Made", cell: ({ created_at }) => <Ago at={created_at} /> },
    {
      head: "Remove",
      narrow: true,
      bare: true,
      cell: (passkey) => (
        <Button size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => setGone(passkey)}>
          Remove
        </Button>
      ),
    },
  ];
  const may = Boolean(options.data?.passkey) && hasPasskeys();
  return (
    <>
      <Loaded
        query={passkeys}
        isEmpty={(list) => list.length === 0}
        empty={
          <Text size="sm" c="dimmed">
            You have none yet.
          </Text>
        }
      >
        {(list) => <RowTable label="Passkeys" rows={list} keyOf={({ id }) => id} columns={columns} />}
      </Loaded>
      <div>
        <MayButton
          may={may}
          why={hasPasskeys() ? "The browser allows no passkeys at this address. They need HTTPS and a name, or localhost." : "This browser knows no passkeys."}
          variant="default"
          leftSection={<IconFingerprint size={16} aria-hidden />}
          onClick={() => setMaking(true)}
        >
          Add a passkey
        </MayButton>
      </div>
      {making && <PasskeyForm onClose={() => setMaking(false)} />}
      <ConfirmModal
        opened={gone !== undefined}
        onClose={() => setGone(undefined)}
        title="Remove the passkey?"
        verb="Remove passkey"
        onConfirm={async () => {
          if (!gone) return;
          await remove.mutateAsync(gone.id);
          done(`${gone.name} does not sign in any more.`);
        }}
      >
        <b className="foreign">{gone?.name}</b> does not sign in any more. Remove it on the device as well, so that it is not offered there.
      </ConfirmModal>
    </>
  );
}

function PasskeyForm({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState(browserWords(navigator.userAgent));
  const add = useChange(
    async (called: string) => {
      const made = await makePasskey(await answer(api.POST("/api/v1/me/passkeys/challenge")));
      return answer(api.POST("/api/v1/me/passkeys", { body: { name: called, ...made } }));
    },
    [passkeysQuery.queryKey],
  );
  const words = passkeyWords(add.error);
  return (
    <FormModal
      opened
      onClose={onClose}
      title="Add a passkey"
      verb="Go on"
      onSubmit={() =>
        add.mutate(name, {
          onSuccess: (made) => {
            onClose();
            done(`${made.name} signs in from now on.`);
          },
        })
      }
      busy={add.isPending}
      disabled={name.trim() === ""}
      error={words === undefined ? add.error : undefined}
      fields={["/name"]}
    >
      <TextInput
        label="What to call it"
        description="So that you know it again in this list. Your browser asks for the rest."
        required
        data-autofocus
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldProblem(add.error, "/name")}
      />
      {words && (
        <Text size="sm" role="alert">
          {words}
        </Text>
      )}
    </FormModal>
  );
}
