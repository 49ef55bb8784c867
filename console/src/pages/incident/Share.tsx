// Links that show the report to whoever holds them: made, counted, revoked.
import { ActionIcon, Alert, Button, Group, Modal, Select, Stack, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { IconLink, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { sharesQuery } from "../../api/queries";
import { Copy } from "../../parts/copy";
import { Lines, Problem } from "../../parts/states";
import { done, failed } from "../../parts/toast";
import { Ago, Instant, useNow } from "../../time/zone";
import type { People } from "./people";

const DAY_S = 86_400;
const spans = [
  { value: String(DAY_S / 24), label: "1 hour" },
  { value: String(DAY_S), label: "1 day" },
  { value: String(7 * DAY_S), label: "1 week" },
  { value: String(30 * DAY_S), label: "30 days" },
  { value: String(90 * DAY_S), label: "90 days" },
];

export function Share({ incident, opened, onClose, people }: { incident: string; opened: boolean; onClose: () => void; people: People }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Share the report" size="lg">
      {opened && <Links incident={incident} people={people} />}
    </Modal>
  );
}

function Links({ incident, people }: { incident: string; people: People }) {
  const [span, setSpan] = useState(String(7 * DAY_S));
  const queries = useQueryClient();
  const shares = useQuery(sharesQuery(incident));
  const now = useNow();
  const make = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/incidents/{incident}/shares", { params: { path: { incident } }, body: { expires_in_s: Number(span) } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sharesQuery(incident).queryKey }),
  });
  const revoke = async (share: string) => {
    try {
      await answer(api.DELETE("/api/v1/incidents/{incident}/shares/{share}", { params: { path: { incident, share } } }));
      if (make.data?.share.id === share) make.reset();
      done("The link shows nothing any more");
    } catch (error) {
      failed(error);
    }
    await queries.invalidateQueries({ queryKey: sharesQuery(incident).queryKey });
  };
  return (
    <Stack>
      <Text size="sm">Whoever has the link can read this report without signing in, until it expires or you revoke it. Comments and the timeline are not shown.</Text>
      <Group align="flex-end" gap="sm">
        <Select label="Works for" data={spans} value={span} onChange={(value) => value && setSpan(value)} allowDeselect={false} style={{ flex: "1 1 140px" }} />
        <Button leftSection={<IconLink size={17} aria-hidden />} onClick={() => make.mutate()} loading={make.isPending}>
          Make a link
        </Button>
      </Group>
      {make.error && <Problem error={make.error} />}
      {make.data && (
        <Alert color="assent" variant="light" title="Copy it now: it is not shown again" aria-live="polite">
          <TextInput readOnly value={make.data.link} aria-label="The link" onFocus={(event) => event.currentTarget.select()} rightSection={<Copy text={make.data.link} label="Copy the link" />} data-autofocus />
        </Alert>
      )}
      {shares.error && <Problem error={shares.error} retry={() => void shares.refetch()} />}
      {!shares.data && !shares.error && <Lines count={2} height={32} />}
      {shares.data && shares.data.length > 0 && (
        <Table.ScrollContainer minWidth={420}>
          <Table verticalSpacing={6} aria-label="Links to this report">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Made</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>Opened</Table.Th>
                <Table.Th>Works until</Table.Th>
                <Table.Th aria-label="Revoke" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shares.data.map((share) => (
                <Line key={share.id} share={share} now={now} who={people.nameOfActor(share.created_by)} revoke={() => void revoke(share.id)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

function Line({ share, now, who, revoke }: { share: Schemas["Share"]; now: number; who: string; revoke: () => void }) {
  const over = share.revoked_at != null || Date.parse(share.expires_at) <= now;
  return (
    <Table.Tr {...(over && { c: "dimmed" })}>
      <Table.Td>
        <Ago at={share.created_at} />
      </Table.Td>
      <Table.Td className="foreign">{who}</Table.Td>
      <Table.Td>{share.opened === 1 ? "once" : `${share.opened} times`}</Table.Td>
      <Table.Td>{share.revoked_at != null ? "revoked" : over ? "expired" : <Instant at={share.expires_at} />}</Table.Td>
      <Table.Td>
        {!over && (
          <Tooltip label="Revoke">
            <ActionIcon variant="subtle" color="red" size="lg" onClick={revoke} aria-label="Revoke the link">
              <IconTrash size={17} />
            </ActionIcon>
          </Tooltip>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
