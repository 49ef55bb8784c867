// The people: what each may do, and what can be done about them.
import { ActionIcon, Avatar, Badge, Group, Menu, Text, Tooltip } from "@mantine/core";
import { IconDots, IconNotebook, IconPencil, IconTrash, IconUserCheck, IconUserOff, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { readMember, useChange, useUndo } from "../../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../../api/client";
import { membersQuery } from "../../../api/queries";
import { allowed } from "../../../api/rights";
import { useMe } from "../../../api/session";
import { ConfirmModal } from "../../../parts/confirm";
import { LinkItem } from "../../../parts/links";
import { Empty } from "../../../parts/states";
import { RowTable, type Column } from "../../../parts/table";
import { done, failed } from "../../../parts/toast";
import { Ago } from "../../../time/zone";
import { GrantList } from "../GrantsEditor";
import { Loaded } from "../ListPage";
import { changeMember } from "./changes";
import { MemberForm } from "./MemberForm";

type Member = Schemas["Member"];

const states: Record<Member["state"], { word: string; colour: string; means: string }> = {
  active: { word: "Active", colour: "green", means: "Can sign in" },
  invited: { word: "Invited", colour: "blue", means: "Has a link and has not used it" },
  disabled: { word: "Disabled", colour: "gray", means: "Cannot sign in" },
};

export function MembersTab() {
  const me = useMe();
  const navigate = useNavigate();
  const { member: opened } = useSearch({ from: "/inside/settings/members" });
  const members = useQuery(membersQuery);
  const [gone, setGone] = useState<Member>();
  const touches = [membersQuery.queryKey];
  const change = useChange(({ member, body }: { member: Member; body: Schemas["UpdateMember"] }) => changeMember(member, body), touches);
  const undo = useUndo(touches);
  const remove = useChange(async ({ id }: Member) => {
    const { version } = await readMember(id);
    return answer(api.DELETE("/api/v1/members/{account}", { params: { path: { account: id }, ...(version !== undefined && { header: ifMatch(version) }) } }));
  }, touches);
  const may = allowed(me.grants, "member.manage");
  const open = (member?: string) => void navigate({ to: "/settings/members", search: member === undefined ? {} : { member }, resetScroll: false });
  const setDisabled = (member: Member, disabled: boolean) =>
    change.mutate(
      { member, body: { disabled } },
      {
        onSuccess: (now) =>
          done(disabled ? `${now.name} is shut out, and their sessions are ended.` : `${now.name} can sign in again.`, undo(() => changeMember(now, { disabled: !disabled }))),
        onError: failed,
      },
    );
  const columns: Column<Member>[] = [
    {
      head: "Member",
      bare: true,
      cell: ({ id, name, email }) => (
        <Group gap="sm" wrap="nowrap">
          <Avatar size={32} radius="xl" name={name} color="assent" aria-hidden />
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={550} className="foreign">
              {name}
              {id === me.account && (
                <Text span size="xs" c="dimmed">
                  {" "}
                  (you)
                </Text>
              )}
            </Text>
            <Text size="xs" c="dimmed" className="foreign">
              {email}
            </Text>
          </div>
        </Group>
      ),
    },
    { head: "May", cell: ({ grants }) => <GrantList grants={grants} /> },
    {
      head: "Groups",
      isEmpty: ({ groups }) => !groups?.length,
      cell: ({ groups }) => (groups?.length ? <span className="foreign">{groups.join(", ")}</span> : "–"),
    },
    {
      head: "State",
      narrow: true,
      cell: ({ state }) => (
        <Tooltip label={states[state].means}>
          <Badge variant="light" color={states[state].colour} tt="none" autoContrast>
            {states[state].word}
          </Badge>
        </Tooltip>
      ),
    },
    { head: "Last sign-in", cell: ({ signed_in_at }) => (signed_in_at ? <Ago at={signed_in_at} /> : "Never") },
    {
      head: "More",
      narrow: true,
      bare: true,
      cell: (member) => (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`More about ${member.name}`} size={36}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <LinkItem to="/ledger" search={{ actor: `account:${member.id}` }} leftSection={<IconNotebook size={16} />}>
              What they did
            </LinkItem>
            {!may && <Menu.Label>Only owners and admins may change members</Menu.Label>}
            <Menu.Item disabled={!may} leftSection={<IconPencil size={16} />} onClick={() => open(member.id)}>
              Change name and grants
            </Menu.Item>
            {member.state === "disabled" ? (
              <Menu.Item disabled={!may} leftSection={<IconUserCheck size={16} />} onClick={() => setDisabled(member, false)}>
                Let in again
              </Menu.Item>
            ) : (
              <Menu.Item disabled={!may || member.id === me.account} leftSection={<IconUserOff size={16} />} onClick={() => setDisabled(member, true)}>
                Disable
              </Menu.Item>
            )}
            <Menu.Item disabled={!may} leftSection={<IconTrash size={16} />} onClick={() => setGone(member)}>
              Remove
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <Loaded query={members} isEmpty={(list) => list.length === 0} empty={<Empty icon={IconUsers} title="Nobody is here">Invite somebody.</Empty>}>
      {(list) => {
        const edited = list.find(({ id }) => id === opened);
        return (
          <>
            <RowTable label="Members" rows={list} keyOf={({ id }) => id} columns={columns} chosen={opened} />
            {edited && may && <MemberForm key={edited.id} member={edited} onClose={() => open()} />}
            <ConfirmModal
              opened={gone !== undefined}
              onClose={() => setGone(undefined)}
              title="Remove the member?"
              verb="Remove member"
              typed={gone?.email ?? ""}
              onConfirm={async () => {
                if (!gone) return;
                await remove.mutateAsync(gone);
                done(`${gone.name} is removed.`);
              }}
            >
              <b className="foreign">{gone?.name}</b> is signed out everywhere and cannot come back without an invitation. What they did stays in the ledger. To shut somebody out
              for a time, disable them instead.
            </ConfirmModal>
          </>
        );
      }}
    </Loaded>
  );
}
