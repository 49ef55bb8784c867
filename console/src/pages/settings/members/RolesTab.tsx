// What each role is for, and what the policies that ship let it do.
import { Stack, Table, Text } from "@mantine/core";
import { IconCheck, IconMinus } from "@tabler/icons-react";

import { allowed, type Action } from "../../../api/rights";
import { LinkText } from "../../../parts/links";
import { RowTable, type Column } from "../../../parts/table";
import { roleOrder, roleWords, type Role } from "../grants";
import classes from "../settings.module.css";

const rows: readonly { what: string; action: Action }[] = [
  { what: "Read incidents and their reports", action: "incident.read" },
  { what: "Comment, assign, mute, dismiss, rerun", action: "incident.manage" },
  { what: "Read the ledger", action: "ledger.read" },
  { what: "See members", action: "member.read" },
  { what: "Connect, change and remove clusters and alerts", action: "cluster.manage" },
  { what: "Invite people, give roles", action: "member.manage" },
  { what: "Make environments, keys and policies; redact", action: "policy.manage" },
  { what: "Take the ledger away", action: "ledger.export" },
  { what: "Export and delete the organisation", action: "tenant.delete" },
];

export function RolesTab() {
  const columns: Column<Role>[] = [
    {
      head: "Role",
      bare: true,
      cell: (role) => (
        <Text size="sm" fw={550}>
          {roleWords[role].word}
        </Text>
      ),
    },
    { head: "What it is for", bare: true, cell: (role) => roleWords[role].about },
  ];
  return (
    <Stack gap="lg">
      <RowTable label="Roles" rows={roleOrder} keyOf={(role) => role} columns={columns} />
      <div className={classes["scroll"]} role="region" aria-label="Who may do what" tabIndex={0}>
        <Table verticalSpacing="xs" miw={620}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>With the policies that ship</Table.Th>
              {roleOrder.map((role) => (
                <Table.Th key={role} ta="center">
                  {roleWords[role].word}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ what, action }) => (
              <Table.Tr key={action}>
                <Table.Th scope="row" fw={400}>
                  {what}
                </Table.Th>
                {roleOrder.map((role) => (
                  <Table.Td key={role} ta="center">
                    {allowed([{ role }], action, { environment: "any", criticality: "prod" }) ? (
                      <IconCheck size={17} color="var(--assent-healthy)" aria-label="Yes" role="img" />
                    ) : (
                      <IconMinus size={15} color="var(--assent-unknown)" aria-label="No" role="img" />
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">
        A grant holds everywhere, in one environment, or in namespaces. A grant for an environment or for namespaces does not reach members, keys, policies and the ledger. In a lab,
        operators and approvers connect clusters by themselves; in production, operators share no reports by link.{" "}
        <LinkText to="/settings/policies" size="sm">
          Policies
        </LinkText>{" "}
        can forbid more.
      </Text>
    </Stack>
  );
}
