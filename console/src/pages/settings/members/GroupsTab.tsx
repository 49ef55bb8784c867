// What members of groups of the identity provider are granted.
import { Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash, IconUsersGroup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { groupsQuery, useChange, useUndo, type Versioned } from "../../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../../api/client";
import { allowed, whoMay } from "../../../api/rights";
import { meQuery, useMe } from "../../../api/session";
import { ConfirmModal } from "../../../parts/confirm";
import { MayButton } from "../../../parts/may";
import { Empty } from "../../../parts/states";
import { RowTable, type Column } from "../../../parts/table";
import { done } from "../../../parts/toast";
import { FormModal } from "../FormModal";
import { tidy, type Grant } from "../grants";
import { GrantList, GrantsEditor } from "../GrantsEditor";
import { Loaded } from "../ListPage";

type GroupGrant = Schemas["GroupGrant"];
type Groups = Versioned<Schemas["GroupGrants"]>;

export function GroupsTab() {
  const me = useMe();
  const groups = useQuery(groupsQuery);
  const [edited, setEdited] = useState<GroupGrant | "new">();
  const [gone, setGone] = useState<GroupGrant>();
  const may = allowed(me.grants, "member.manage");
  const touches = [groupsQuery.queryKey, meQuery.queryKey];
  const save = useChange(({ value, version }: { value: GroupGrant[]; version: number | undefined }) => put(value, version), touches);
  const undo = useUndo(touches);
  const change = async (before: Groups, after: GroupGrant[], words: string) => {
    const version = before.version;
    await save.mutateAsync({ value: after, version });
    done(
      words,
      undo(() => put(before.value.groups, version === undefined ? undefined : version + 1)),
    );
  };
  const add = (
    <MayButton may={may} why={whoMay("member.manage")} leftSection={<IconPlus size={16} aria-hidden />} variant="default" onClick={() => setEdited("new")}>
      Add a group
    </MayButton>
  );
  const columns: Column<GroupGrant>[] = [
    {
      head: "Group",
      bare: true,
      cell: ({ group }) => (
        <Text size="sm" fw={550} className="foreign">
          {group}
        </Text>
      ),
    },
    { head: "Its members may", cell: ({ grants }) => <GrantList grants={grants} /> },
    {
      head: "Change",
      narrow: true,
      bare: true,
      cell: (group) => (
        <Group gap={6} wrap="nowrap">
          <MayButton may={may} why={whoMay("member.manage")} size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => setEdited(group)}>
            Edit
          </MayButton>
          <MayButton may={may} why={whoMay("member.manage")} size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => setGone(group)}>
            Remove
          </MayButton>
        </Group>
      ),
    },
  ];
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        People who sign in with an identity provider get what their groups are granted, beside what they are granted by name. The provider says anew at each sign-in who is in which
        group.
      </Text>
      <Loaded
        query={groups}
        isEmpty={({ value }) => value.groups.length === 0}
        empty={
          <>
            <Empty icon={IconUsersGroup} title="No group is granted anything" action={add}>
              Identity providers are named in the platform’s configuration, under <code>oidc</code>.
            </Empty>
            {edited === "new" && groups.data && <GroupForm onClose={() => setEdited(undefined)} busy={save.isPending} error={save.error} onSave={(next) => change(groups.data, [next], `${next.group} is saved.`)} />}
          </>
        }
      >
        {(known) => (
          <>
            <RowTable label="Groups" rows={known.value.groups} keyOf={({ group }) => group} columns={columns} />
            <div>{add}</div>
            {edited !== undefined && (
              <GroupForm
                {...(edited !== "new" && { group: edited })}
                onClose={() => setEdited(undefined)}
                busy={save.isPending}
                error={save.error}
                onSave={(next) => {
                  const others = known.value.groups.filter(({ group }) => edited === "new" || group !== edited.group);
                  return change(known, [...others, next], `${next.group} is saved.`);
                }}
              />
            )}
            <ConfirmModal
              opened={gone !== undefined}
              onClose={() => setGone(undefined)}
              title="Remove the group’s grants?"
              verb="Remove"
              onConfirm={() =>
                change(
                  known,
                  known.value.groups.filter(({ group }) => group !== gone?.group),
                  `${gone?.group ?? "The group"} is granted nothing any more.`,
                )
              }
            >
              Members of <b className="foreign">{gone?.group}</b> keep what they are granted by name and by other groups, and nothing else.
            </ConfirmModal>
          </>
        )}
      </Loaded>
    </Stack>
  );
}

type GroupFormProps = { group?: GroupGrant; onClose: () => void; onSave: (group: GroupGrant) => Promise<void>; busy: boolean; error: unknown };

function GroupForm({ group, onClose, onSave, busy, error }: GroupFormProps) {
  const [name, setName] = useState(group?.group ?? "");
  const [grants, setGrants] = useState<Grant[]>(group?.grants ?? [{ role: "viewer" }]);
  // The problem itself is shown by the form; a failed save leaves it open.
  const submit = () => void onSave({ group: name, grants: grants.map(tidy) }).then(onClose, () => undefined);
  return (
    <FormModal opened onClose={onClose} title={group ? "Edit the group" : "Add a group"} verb="Save" onSubmit={submit} busy={busy} disabled={name === "" || grants.length === 0} error={error} fields={[]} size="xl">
      <TextInput
        label="Group"
        description="Exactly as the provider claims it: a name, or the id that some providers send in its place."
        required
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        maxLength={256}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <GrantsEditor value={grants} onChange={setGrants} />
    </FormModal>
  );
}

function put(groups: GroupGrant[], version: number | undefined): Promise<Schemas["GroupGrants"]> {
  return answer(api.PUT("/api/v1/groups", { params: version === undefined ? {} : { header: ifMatch(version) }, body: { groups } }));
}
