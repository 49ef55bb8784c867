// Keys of machines that call the API.
import { Badge, Group, Stack, Switch, Text } from "@mantine/core";
import { IconBan, IconKey, IconPlus, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { keysQuery, useChange } from "../../api/admin";
import { answer, api, type Schemas } from "../../api/client";
import { allowed, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { CopyBlock } from "../../parts/copy";
import { LinkText } from "../../parts/links";
import { MayButton } from "../../parts/may";
import { Empty } from "../../parts/states";
import { RowTable, type Column } from "../../parts/table";
import { done } from "../../parts/toast";
import { Ago, useNow } from "../../time/zone";
import { GrantList } from "./GrantsEditor";
import { KeyForm } from "./keys/KeyForm";
import { holds } from "./keys/holds";
import { ListPage } from "./ListPage";
import { Once } from "./Once";

type ApiKey = Schemas["ApiKey"];

export function Keys() {
  const me = useMe();
  const now = useNow();
  const keys = useQuery(keysQuery);
  const [showsOver, setShowsOver] = useState(false);
  const [asked, setAsked] = useState<{ what: "make" } | { what: "rotate" | "revoke"; key: ApiKey }>();
  const [fresh, setFresh] = useState<Schemas["NewApiKey"]>();
  const touches = [keysQuery.queryKey];
  const rotate = useChange((key: string) => answer(api.POST("/api/v1/keys/{key}/rotate", { params: { path: { key } } })), touches);
  const revoke = useChange((key: string) => answer(api.DELETE("/api/v1/keys/{key}", { params: { path: { key } } })), touches);
  const may = allowed(me.grants, "key.manage");
  const close = () => setAsked(undefined);
  const concerned = asked && asked.what !== "make" ? asked.key : undefined;
  const make = (
    <MayButton may={may} why={whoMay("key.manage")} leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAsked({ what: "make" })}>
      New key
    </MayButton>
  );
  const columns: Column<ApiKey>[] = [
    {
      head: "Key",
      bare: true,
      cell: ({ id, name }) => (
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550} className="foreign">
            {name}
          </Text>
          <LinkText to="/ledger" search={{ actor: `key:${id}` }} size="xs" c="dimmed">
            What it did
          </LinkText>
        </div>
      ),
    },
    { head: "May", cell: ({ grants }) => <GrantList grants={grants} /> },
    {
      head: "State",
      cell: (key) => {
        const { word, colour, at } = holds(key, now);
        return (
          <Group gap={6} wrap="nowrap">
            <Badge variant="light" color={colour} tt="none" autoContrast>
              {word}
            </Badge>
            {at && (
              <Text size="xs" c="dimmed">
                <Ago at={at} />
              </Text>
            )}
          </Group>
        );
      },
    },
    { head: "Last used", cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : "Never") },
    {
      head: "Made",
      cell: ({ created_at, created_by }) => (
        <Text size="sm">
          <Ago at={created_at} />
          <Text span size="xs" c="dimmed" className="foreign">
            {" "}
            by {created_by}
          </Text>
        </Text>
      ),
    },
    {
      head: "Change",
      narrow: true,
      bare: true,
      isEmpty: (key) => !holds(key, now).good,
      cell: (key) =>
        holds(key, now).good && (
          <Group gap={6} wrap="nowrap">
            <MayButton may={may} why={whoMay("key.manage")} size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={() => setAsked({ what: "rotate", key })}>
              Rotate
            </MayButton>
            <MayButton may={may} why={whoMay("key.manage")} size="xs" variant="default" leftSection={<IconBan size={14} aria-hidden />} onClick={() => setAsked({ what: "revoke", key })}>
              Revoke
            </MayButton>
          </Group>
        ),
    },
  ];
  return (
    <>
      <ListPage
        title="Machine keys"
        about="For whatever calls the API by itself: pipelines, scripts, bots. Only a hash of each key is kept."
        actions={make}
        query={keys}
        isEmpty={(list) => list.length === 0}
        empty={
          <Empty icon={IconKey} title="No machine has a key" action={make}>
            Give each machine a key of its own, with as little as it needs and an end.
          </Empty>
        }
      >
        {(list) => {
          const over = list.filter((key) => !holds(key, now).good).length;
          const shown = showsOver ? list : list.filter((key) => holds(key, now).good);
          return (
            <Stack>
              {over > 0 && (
                <Switch label={`Show ${over} that ${over === 1 ? "holds" : "hold"} no more`} checked={showsOver} onChange={(event) => setShowsOver(event.currentTarget.checked)} w="fit-content" />
              )}
              {shown.length > 0 ? <RowTable label="Machine keys" rows={shown} keyOf={({ id }) => id} columns={columns} /> : <Empty icon={IconKey} title="No key holds at present" action={make} />}
            </Stack>
          );
        }}
      </ListPage>
      {asked?.what === "make" && (
        <KeyForm
          onClose={close}
          onMade={(made) => {
            close();
            setFresh(made);
          }}
        />
      )}
      <ConfirmModal
        opened={asked?.what === "rotate"}
        onClose={close}
        title="Rotate the key?"
        verb="Rotate key"
        danger={false}
        onConfirm={async () => {
          if (concerned) setFresh(await rotate.mutateAsync(concerned.id));
        }}
      >
        <b className="foreign">{concerned?.name}</b> gets another secret. The present one stops holding at once: whatever uses it is refused until it has the new one.
      </ConfirmModal>
      <ConfirmModal
        opened={asked?.what === "revoke"}
        onClose={close}
        title="Revoke the key?"
        verb="Revoke key"
        typed={concerned?.name ?? ""}
        onConfirm={async () => {
          if (!concerned) return;
          await revoke.mutateAsync(concerned.id);
          done(`${concerned.name} holds no more.`);
        }}
      >
        Whatever uses it is refused at once.
      </ConfirmModal>
      {fresh && (
        <Once opened onClose={() => setFresh(undefined)} title={`The key of ${fresh.key.name}`} about="Only a hash of it is kept. If it is lost, rotate the key.">
          <CopyBlock text={fresh.secret} label="Copy key" />
          <Text size="sm" c="dimmed">
            It goes with each request as <code>Authorization: Bearer …</code>, or into <code>ASSENT_TOKEN</code> for the command line.
          </Text>
        </Once>
      )}
    </>
  );
}
