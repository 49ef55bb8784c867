// The caller's sessions, each of which can be ended.
import { Badge, Button, Group, Text } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { sessionsQuery, useChange } from "../../api/admin";
import { answer, api, type Schemas } from "../../api/client";
import { RowTable, type Column } from "../../parts/table";
import { done, failed } from "../../parts/toast";
import { Ago, Instant } from "../../time/zone";
import { Loaded } from "../settings/ListPage";
import { browserWords } from "./browser";

type Session = Schemas["Session"];

export function Sessions() {
  const sessions = useQuery(sessionsQuery);
  const end = useChange((session: string) => answer(api.DELETE("/api/v1/me/sessions/{session}", { params: { path: { session } } })), [sessionsQuery.queryKey]);
  const columns: Column<Session>[] = [
    {
      head: "Where",
      bare: true,
      cell: ({ user_agent, command_line, current }) => (
        <Group gap={8} wrap="nowrap">
          <Text size="sm" fw={550} className="foreign" title={user_agent ?? undefined}>
            {command_line ? `Command line on ${command_line}` : browserWords(user_agent)}
          </Text>
          {current && (
            <Badge variant="light" tt="none" autoContrast style={{ flexShrink: 0 }}>
              This one
            </Badge>
          )}
        </Group>
      ),
    },
    { head: "Last used", cell: ({ seen_at }) => <Ago at={seen_at} /> },
    { head: "Since", cell: ({ created_at }) => <Instant at={created_at} /> },
    {
      head: "End",
      narrow: true,
      bare: true,
      isEmpty: ({ current }) => current,
      cell: ({ id, current }) =>
        !current && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconLogout size={14} aria-hidden />}
            loading={end.isPending && end.variables === id}
            onClick={() => end.mutate(id, { onSuccess: () => done("That session is ended."), onError: failed })}
          >
            End it
          </Button>
        ),
    },
  ];
  return (
    <Loaded query={sessions}>
      {(list) => {
        const others = list.filter(({ current }) => !current);
        const all = async () => {
          for (const { id } of others) await end.mutateAsync(id);
          done("All other sessions are ended.");
        };
        return (
          <>
            <RowTable label="Sessions" rows={[...list].sort((a, b) => Number(b.current) - Number(a.current))} keyOf={({ id }) => id} columns={columns} />
            {others.length > 1 && (
              <div>
                <Button variant="default" size="xs" loading={end.isPending} onClick={() => void all().catch(failed)}>
                  End all {others.length} others
                </Button>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
