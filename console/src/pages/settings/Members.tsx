// Who belongs to the organisation and what they may do: by name, by group of the identity provider, and what each role means.
import { Tabs } from "@mantine/core";
import { IconId, IconUsers, IconUsersGroup } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Page } from "../../parts/page";
import { GroupsTab } from "./members/GroupsTab";
import { InviteButton } from "./members/Invite";
import { MembersTab } from "./members/MembersTab";
import { RolesTab } from "./members/RolesTab";

const PEOPLE = "people";

export function Members() {
  const { tab = PEOPLE } = useSearch({ from: "/inside/settings/members" });
  const navigate = useNavigate();
  const choose = (value: string | null) => void navigate({ to: "/settings/members", search: value === "groups" || value === "roles" ? { tab: value } : {}, replace: true, resetScroll: false });
  return (
    <Page title="Members and roles" about="Nobody gives or takes what they do not hold themselves. Every change is in the ledger." actions={tab === PEOPLE && <InviteButton />}>
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value={PEOPLE} leftSection={<IconUsers size={16} aria-hidden />}>
            People
          </Tabs.Tab>
          <Tabs.Tab value="groups" leftSection={<IconUsersGroup size={16} aria-hidden />}>
            Groups
          </Tabs.Tab>
          <Tabs.Tab value="roles" leftSection={<IconId size={16} aria-hidden />}>
            Roles
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={PEOPLE}>
          <MembersTab />
        </Tabs.Panel>
        <Tabs.Panel value="groups">
          <GroupsTab />
        </Tabs.Panel>
        <Tabs.Panel value="roles">
          <RolesTab />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
