// What somebody is granted: a role, and where it holds. Several add up.
import { ActionIcon, Button, Group, Paper, Select, Stack, TagsInput, Text, Tooltip } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { environmentsQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { grantText, mayGive, readNamespaces, roleOrder, roleWords, type Grant, type Role } from "./grants";

const EVERYWHERE = "*";

type GrantsEditorProps = { value: readonly Grant[]; onChange: (grants: Grant[]) => void; error?: string | undefined };

export function GrantsEditor({ value, onChange, error }: GrantsEditorProps) {
  const change = (at: number, grant: Grant) => onChange(value.map((old, index) => (index === at ? grant : old)));
  return (
    <Stack gap="xs" role="group" aria-label="Grants">
      <Text size="sm" fw={500}>
        What they may do
      </Text>
      {value.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing yet. Without a grant one can sign in and sees nothing.
        </Text>
      )}
      {value.map((grant, at) => (
        <GrantRow key={at} grant={grant} onChange={(next) => change(at, next)} onRemove={() => onChange(value.filter((_, index) => index !== at))} />
      ))}
      {error && (
        <Text size="xs" c="var(--assent-broken)" role="alert">
          {error}
        </Text>
      )}
      <Button variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => onChange([...value, { role: "viewer" }])} style={{ alignSelf: "flex-start" }}>
        Add a grant
      </Button>
    </Stack>
  );
}

function GrantRow({ grant, onChange, onRemove }: { grant: Grant; onChange: (grant: Grant) => void; onRemove: () => void }) {
  const me = useMe();
  const environments = useQuery(environmentsQuery);
  const gives = mayGive(me.grants, grant);
  return (
    <Paper p="sm" bg="var(--assent-sunken)">
      <Group gap="xs" align="flex-end" wrap="wrap">
        <Select
          label="Role"
          allowDeselect={false}
          data={roleOrder.map((role) => ({ value: role, label: roleWords[role].word }))}
          value={grant.role}
          onChange={(role) => role && onChange({ ...grant, role: role as Role })}
          flex="1 1 8rem"
        />
        <Select
          label="Where"
          allowDeselect={false}
          data={[{ value: EVERYWHERE, label: "Everywhere" }, ...(environments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
          value={grant.environment ?? EVERYWHERE}
          onChange={(where) => onChange({ role: grant.role, ...(where && where !== EVERYWHERE && { environment: where }), ...(grant.namespaces && { namespaces: grant.namespaces }) })}
          flex="1 1 10rem"
        />
        <TagsInput
          label="Namespaces"
          placeholder={grant.namespaces?.length ? "" : "All of them"}
          value={grant.namespaces ?? []}
          onChange={(namespaces) => onChange({ ...grant, namespaces: readNamespaces(namespaces.join(" ")) })}
          splitChars={[",", " ", "\n"]}
          acceptValueOnBlur
          flex="2 1 12rem"
        />
        <Tooltip label="Remove this grant">
          <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove grant ${roleWords[grant.role].word}`} onClick={onRemove}>
            <IconTrash size={17} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Text size="xs" c={gives ? "dimmed" : "var(--assent-degraded)"} mt={6}>
        {gives ? roleWords[grant.role].about : "You do not hold this yourself, so you can neither give nor take it."}
        {gives && grant.environment && " Members, keys, policies and the ledger are in no environment: this does not reach them."}
      </Text>
    </Paper>
  );
}

/** Grants to read. */
export function GrantList({ grants }: { grants: readonly Grant[] }) {
  const environments = useQuery(environmentsQuery);
  const names = new Map((environments.data ?? []).map(({ id, name }) => [id, name]));
  if (grants.length === 0)
    return (
      <Text size="sm" c="dimmed" span>
        Nothing
      </Text>
    );
  return (
    <Stack gap={2} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
      {grants.map((grant, at) => (
        <Text component="li" size="sm" key={at} className="foreign">
          {grantText(grant, names)}
        </Text>
      ))}
    </Stack>
  );
}
