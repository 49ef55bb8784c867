// The caller's SSH keys, which sign votes and nothing else: nobody signs in with one.
import { Button, Code, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconTerminal2, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fieldProblem, useChange } from "../../api/admin";
import { answer, api, type Schemas } from "../../api/client";
import { sshKeysQuery } from "../../api/plans";
import { useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { CopyBlock } from "../../parts/copy";
import { MayButton } from "../../parts/may";
import { RowTable, type Column } from "../../parts/table";
import { done } from "../../parts/toast";
import { Ago } from "../../time/zone";
import { FormModal } from "../settings/FormModal";
import { Loaded } from "../settings/ListPage";
import { proofCommand } from "./proof";

type SshKey = Schemas["SshKey"];

export function SshKeys() {
  const me = useMe();
  const keys = useQuery(sshKeysQuery);
  const [adding, setAdding] = useState(false);
  const [gone, setGone] = useState<SshKey>();
  const remove = useChange((key: string) => answer(api.DELETE("/api/v1/me/ssh-keys/{ssh_key}", { params: { path: { ssh_key: key } } })), [sshKeysQuery.queryKey]);
  const columns: Column<SshKey>[] = [
    {
      head: "Key",
      bare: true,
      cell: ({ name, public_key }) => (
        <div>
          <Text size="sm" fw={550} className="foreign">
            {name}
          </Text>
          <Text size="xs" c="dimmed" className="foreign">
            {public_key.split(" ")[0]}
          </Text>
        </div>
      ),
    },
    { head: "Fingerprint", cell: ({ fingerprint }) => <Code className="foreign">{fingerprint}</Code> },
    { head: "Added", cell: ({ created_at }) => <Ago at={created_at} /> },
    {
      head: "Remove",
      narrow: true,
      bare: true,
      cell: (key) => (
        <Button size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => setGone(key)} aria-label={`Remove ${key.name}`}>
          Remove
        </Button>
      ),
    },
  ];
  return (
    <>
      <Loaded
        query={keys}
        isEmpty={(list) => list.length === 0}
        empty={
          <Text size="sm" c="dimmed">
            You have none yet.
          </Text>
        }
      >
        {(list) => <RowTable label="SSH keys" rows={list} keyOf={({ id }) => id} columns={columns} />}
      </Loaded>
      <div>
        <MayButton may={me.account != null} why="SSH keys are of people." variant="default" leftSection={<IconTerminal2 size={16} aria-hidden />} onClick={() => setAdding(true)}>
          Add an SSH key
        </MayButton>
      </div>
      {adding && me.account && <SshKeyForm account={me.account} onClose={() => setAdding(false)} />}
      <ConfirmModal
        opened={gone !== undefined}
        onClose={() => setGone(undefined)}
        title="Remove the SSH key?"
        verb="Remove key"
        onConfirm={async () => {
          if (!gone) return;
          await remove.mutateAsync(gone.id);
          done(`${gone.name} signs no votes any more.`);
        }}
      >
        Votes that <b className="foreign">{gone?.name}</b> has signed on plans that still await votes count no more. Where a cluster has it pinned, take it out there as well.
      </ConfirmModal>
    </>
  );
}

function SshKeyForm({ account, onClose }: { account: string; onClose: () => void }) {
  const [name, setName] = useState("");
  const [publicKey, setPublicKey] = useState("");
  const [signature, setSignature] = useState("");
  const add = useChange((body: Schemas["AddSshKey"]) => answer(api.POST("/api/v1/me/ssh-keys", { body })), [sshKeysQuery.queryKey]);
  const submit = () =>
    add.mutate(
      { name: name.trim(), public_key: publicKey.trim(), signature: `${signature.trim()}\n` },
      {
        onSuccess: (made) => {
          onClose();
          done(`${made.name} signs votes from now on.`);
        },
      },
    );
  const monospace = { input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } };
  return (
    <FormModal
      opened
      onClose={onClose}
      title="Add an SSH key"
      verb="Add key"
      onSubmit={submit}
      busy={add.isPending}
      disabled={name.trim() === "" || publicKey.trim() === "" || signature.trim() === ""}
      error={add.error}
      fields={["/name", "/public_key", "/signature"]}
      size="lg"
    >
      <TextInput label="What to call it" required data-autofocus maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={fieldProblem(add.error, "/name")} />
      <Textarea
        label="Public key"
        description="A line of your .pub file, or of authorized_keys. Keys in agents and on security keys work too."
        required
        autosize
        minRows={2}
        maxRows={5}
        value={publicKey}
        onChange={(event) => setPublicKey(event.currentTarget.value)}
        error={fieldProblem(add.error, "/public_key")}
        styles={monospace}
      />
      <Stack gap={4}>
        <Text size="sm">Prove that you have it. This signs one line with your account’s id, and prints the signature:</Text>
        <CopyBlock text={proofCommand(account)} label="Copy the command" />
        <Text size="xs" c="dimmed">
          Name your own key file. The signature is for adding a key alone, by its namespace <Code>assent.key</Code>.
        </Text>
      </Stack>
      <Textarea
        label="Signature"
        description="From -----BEGIN SSH SIGNATURE----- on."
        required
        autosize
        minRows={4}
        maxRows={10}
        value={signature}
        onChange={(event) => setSignature(event.currentTarget.value)}
        error={fieldProblem(add.error, "/signature")}
        styles={monospace}
      />
    </FormModal>
  );
}
