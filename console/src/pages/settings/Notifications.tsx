// Where people are told of incidents and plans, and whether it arrives.
import { Group, Stack, Switch, Text, ThemeIcon, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCircleCheck, IconCircleDashed, IconClock, IconPencil, IconPlus, IconSend, IconSpeakerphone, IconTrash, type Icon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { channelsQuery, useChange, useUndo } from "../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../api/client";
import { environmentsQuery } from "../../api/queries";
import { allowed, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { MayButton } from "../../parts/may";
import { Empty } from "../../parts/states";
import { RowTable, type Column } from "../../parts/table";
import { done, failed } from "../../parts/toast";
import { Ago, Instant } from "../../time/zone";
import { ListPage } from "./ListPage";
import { ChannelForm } from "./notifications/ChannelForm";
import { health, kinds, whereTo, type Channel, type Health } from "./notifications/kinds";
import { summary } from "./notifications/rules";

const EACH_MS = 10_000;
const NEW = "new";

export function Notifications() {
  const me = useMe();
  const navigate = useNavigate();
  const { channel: opened } = useSearch({ from: "/inside/settings/notifications" });
  // No live event tells of messages that were sent.
  const channels = useQuery({ ...channelsQuery, refetchInterval: EACH_MS });
  const environments = useQuery(environmentsQuery);
  const [gone, setGone] = useState<Channel>();
  const touches = [channelsQuery.queryKey];
  const undo = useUndo(touches);
  const may = allowed(me.grants, "channel.manage");
  const why = whoMay("channel.manage");
  const turn = useChange(({ channel, enabled }: { channel: Channel; enabled: boolean }) => switched(channel, enabled), touches);
  const test = useChange(({ id }: Channel) => answer(api.POST("/api/v1/channels/{channel}/test", { params: { path: { channel: id } } })), touches);
  const remove = useChange(({ id, version }: Channel) => answer(api.DELETE("/api/v1/channels/{channel}", { params: { path: { channel: id }, header: ifMatch(version) } })), touches);
  const open = (channel: string | undefined) => void navigate({ to: "/settings/notifications", search: channel === undefined ? {} : { channel }, replace: channel === undefined });
  const names = new Map((environments.data ?? []).map(({ id, name }) => [id, name]));
  const tryOut = (channel: Channel) =>
    test.mutate(channel, {
      onSuccess: ({ delivered, problem }) => (delivered ? done(`${channel.name}: the receiver took the test.`) : failed(new Error(`${channel.name}: ${problem ?? "not delivered"}`))),
      onError: failed,
    });
  const make = (
    <MayButton may={may} why={why} leftSection={<IconPlus size={16} aria-hidden />} onClick={() => open(NEW)}>
      Add a channel
    </MayButton>
  );
  const columns: Column<Channel>[] = [
    {
      head: "Channel",
      bare: true,
      cell: ({ name, target }) => {
        const { icon: KindIcon, word } = kinds[target.type];
        return (
          <Group gap="sm" wrap="nowrap">
            <Tooltip label={word}>
              <ThemeIcon variant="light" color="gray" aria-label={word} role="img">
                <KindIcon size={18} stroke={1.8} />
              </ThemeIcon>
            </Tooltip>
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={550} className="foreign">
                {name}
              </Text>
              <Text size="xs" c="dimmed" className="foreign" style={{ overflowWrap: "anywhere" }}>
                {whereTo(target)}
              </Text>
            </div>
          </Group>
        );
      },
    },
    {
      head: "Tells",
      cell: ({ rules }) => (
        <Stack gap={0}>
          {summary(rules, names).map((line, place) => (
            <Text key={line} size={place === 0 ? "sm" : "xs"} {...(place > 0 && { c: "dimmed" })} className="foreign">
              {line}
            </Text>
          ))}
        </Stack>
      ),
    },
    { head: "Status", cell: (channel) => <Status channel={channel} /> },
    {
      head: "On",
      narrow: true,
      cell: (channel) => (
        <Switch
          aria-label={`Whether ${channel.name} is used`}
          checked={channel.enabled}
          disabled={!may || turn.isPending}
          onChange={(event) =>
            turn.mutate(
              { channel, enabled: event.currentTarget.checked },
              {
                onSuccess: (now) => done(now.enabled ? `${now.name} is on.` : `${now.name} is off. What waited in it is forgotten.`, undo(() => switched(now, !now.enabled))),
                onError: failed,
              },
            )
          }
        />
      ),
    },
    {
      head: "Change",
      narrow: true,
      bare: true,
      cell: (channel) => (
        <Group gap={6} wrap="nowrap">
          <MayButton
            may={may}
            why={why}
            size="xs"
            variant="default"
            leftSection={<IconSend size={14} aria-hidden />}
            loading={test.isPending && test.variables.id === channel.id}
            aria-label={`Send a test to ${channel.name}`}
            onClick={() => tryOut(channel)}
          >
            Test
          </MayButton>
          <MayButton may={may} why={why} size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden />} aria-label={`Edit ${channel.name}`} onClick={() => open(channel.id)}>
            Edit
          </MayButton>
          <MayButton may={may} why={why} size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} aria-label={`Remove ${channel.name}`} onClick={() => setGone(channel)}>
            Remove
          </MayButton>
        </Group>
      ),
    },
  ];
  const edited = channels.data?.find(({ id }) => id === opened);
  return (
    <>
      <ListPage
        title="Notifications"
        about="People are told of incidents and plans, with a link. Nothing is approved in a chat: votes are signed here."
        actions={make}
        query={channels}
        isEmpty={(list) => list.length === 0}
        empty={
          <Empty icon={IconSpeakerphone} title="Nobody is told of anything" action={make}>
            Slack, Microsoft Teams, e-mail or a webhook of your own. Whoever runs the platform names their hosts in its configuration first, under notify.
          </Empty>
        }
      >
        {(list) => <RowTable label="Channels of notifications" rows={list} keyOf={({ id }) => id} columns={columns} chosen={opened} />}
      </ListPage>
      {may && (opened === NEW || edited) && (
        <ChannelForm
          key={opened}
          channel={edited}
          environments={environments.data ?? []}
          onClose={() => open(undefined)}
          onSaved={(saved) => {
            open(undefined);
            done(edited ? `${saved.name} is changed.` : `${saved.name} is added. Send a test to see whether it arrives.`);
          }}
        />
      )}
      <ConfirmModal
        opened={gone !== undefined}
        onClose={() => setGone(undefined)}
        title="Remove this channel?"
        verb="Remove it"
        typed={gone?.name ?? ""}
        onConfirm={async () => {
          if (!gone) return;
          await remove.mutateAsync(gone);
          done(`${gone.name} is removed.`);
        }}
      >
        Nothing is told there any more, and what waits in it is forgotten. Its address must be entered again to bring it back.
      </ConfirmModal>
    </>
  );
}

function switched({ id, version }: Channel, enabled: boolean): Promise<Schemas["Channel"]> {
  return answer(api.PATCH("/api/v1/channels/{channel}", { params: { path: { channel: id }, header: ifMatch(version) }, body: { enabled } }));
}

const marks: Record<Health["state"], { icon: Icon; colour: string }> = {
  off: { icon: IconCircleDashed, colour: "var(--assent-unknown)" },
  new: { icon: IconCircleDashed, colour: "var(--assent-unknown)" },
  fine: { icon: IconCircleCheck, colour: "var(--assent-healthy)" },
  waiting: { icon: IconClock, colour: "var(--assent-notice)" },
  failing: { icon: IconAlertTriangle, colour: "var(--assent-broken)" },
  refused: { icon: IconBan, colour: "var(--assent-broken)" },
};

function Status({ channel }: { channel: Channel }) {
  const { state, word } = health(channel);
  const { icon: Mark, colour } = marks[state];
  const { status } = channel;
  return (
    <Stack gap={0}>
      <Group gap={6} wrap="nowrap">
        <Mark size={16} stroke={2} color={colour} aria-hidden style={{ flexShrink: 0 }} />
        <Text size="sm">
          {word}
          {state === "fine" && status.last_sent && (
            <Text span size="xs" c="dimmed">
              {", last "}
              <Ago at={status.last_sent} />
            </Text>
          )}
        </Text>
      </Group>
      {state === "refused" && <Small>{status.refused}</Small>}
      {state === "failing" && <Small>{status.last_error}</Small>}
      {(state === "failing" || state === "waiting") && status.next_at && (
        <Small>
          Next <Instant at={status.next_at} short />
        </Small>
      )}
      {status.given_up > 0 && <Small>{status.given_up.toLocaleString("en")} given up</Small>}
    </Stack>
  );
}

function Small({ children }: { children: ReactNode }) {
  return (
    <Text size="xs" c="dimmed" className="foreign" style={{ overflowWrap: "anywhere" }}>
      {children}
    </Text>
  );
}
