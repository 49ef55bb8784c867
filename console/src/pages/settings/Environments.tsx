// The environments: how critical each is, and how long what happened there is kept.
import { Group, Text } from "@mantine/core";
import { IconPencil, IconPlus, IconStack2, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { useChange, useUndo } from "../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../api/client";
import { clustersQuery, environmentsQuery } from "../../api/queries";
import { allowed, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { CriticalityBadge } from "../../parts/criticality";
import { LinkText } from "../../parts/links";
import { MayButton } from "../../parts/may";
import { Empty } from "../../parts/states";
import { RowTable, type Column } from "../../parts/table";
import { done } from "../../parts/toast";
import { DAYS_DEFAULT, EnvironmentFields, isWhole, type EnvironmentDraft } from "./EnvironmentForm";
import { FormModal } from "./FormModal";
import { ListPage } from "./ListPage";

type Environment = Schemas["Environment"];
const NEW = "new";

export function Environments() {
  const me = useMe();
  const navigate = useNavigate();
  const { environment: opened } = useSearch({ from: "/inside/settings/environments" });
  const environments = useQuery(environmentsQuery);
  const clusters = useQuery(clustersQuery);
  const [gone, setGone] = useState<Environment>();
  const open = (environment?: string) => void navigate({ to: "/settings/environments", search: environment === undefined ? {} : { environment }, resetScroll: false });
  const remove = useChange(
    ({ id, version }: Environment) => answer(api.DELETE("/api/v1/environments/{environment}", { params: { path: { environment: id }, header: ifMatch(version) } })),
    [environmentsQuery.queryKey],
  );
  const count = (id: string) => clusters.data?.filter((cluster) => cluster.environment === id).length ?? 0;
  const make = (
    <MayButton
      may={allowed(me.grants, "environment.manage")}
      why={whoMay("environment.manage")}
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => open(NEW)}
    >
      New environment
    </MayButton>
  );
  const edited = environments.data?.find(({ id }) => id === opened);
  const columns: Column<Environment>[] = [
    {
      head: "Environment",
      bare: true,
      cell: ({ name }) => (
        <Text size="sm" fw={550} className="foreign">
          {name}
        </Text>
      ),
    },
    { head: "Criticality", cell: ({ criticality }) => <CriticalityBadge criticality={criticality} /> },
    {
      head: "Clusters",
      cell: ({ id }) => (count(id) === 0 ? "None" : `${count(id)}`),
    },
    { head: "Closed incidents kept", cell: ({ retention }) => `${retention.incidents_days} days` },
    {
      head: "Redaction",
      cell: ({ id }) => (
        <LinkText to="/settings/redaction" search={{ environment: id }} size="sm">
          Rules
        </LinkText>
      ),
    },
    {
      head: "Change",
      narrow: true,
      bare: true,
      cell: (environment) => {
        const may = allowed(me.grants, "environment.manage", { environment: environment.id, criticality: environment.criticality });
        return (
          <Group gap={6} wrap="nowrap">
            <MayButton may={may} why={whoMay("environment.manage")} size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => open(environment.id)}>
              Edit
            </MayButton>
            <MayButton
              may={may && count(environment.id) === 0}
              why={may ? "It has clusters. Move or delete them first." : whoMay("environment.manage")}
              size="xs"
              variant="default"
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => setGone(environment)}
            >
              Delete
            </MayButton>
          </Group>
        );
      },
    },
  ];
  return (
    <ListPage
      title="Environments"
      about="An environment says how careful to be: which policies hold, what is redacted, how long things are kept."
      actions={make}
      query={environments}
      isEmpty={(list) => list.length === 0}
      empty={
        <Empty icon={IconStack2} title="No environment that you may see" action={make}>
          A cluster belongs to exactly one.
        </Empty>
      }
    >
      {(list) => (
        <>
          <RowTable label="Environments" rows={list} keyOf={({ id }) => id} columns={columns} chosen={opened} />
          {opened === NEW && <EnvironmentModal onClose={() => open()} />}
          {edited && <EnvironmentModal key={edited.id} environment={edited} onClose={() => open()} />}
          <ConfirmModal
            opened={gone !== undefined}
            onClose={() => setGone(undefined)}
            title="Delete the environment?"
            verb="Delete environment"
            typed={gone?.name ?? ""}
            onConfirm={async () => {
              if (!gone) return;
              await remove.mutateAsync(gone);
              done(`The environment ${gone.name} is deleted.`);
            }}
          >
            Its redaction rules go with it, and grants for it hold nowhere any more.
          </ConfirmModal>
        </>
      )}
    </ListPage>
  );
}

function EnvironmentModal({ environment, onClose }: { environment?: Environment; onClose: () => void }) {
  const [seen] = useState(environment);
  const undo = useUndo([environmentsQuery.queryKey]);
  const [draft, setDraft] = useState<EnvironmentDraft>(
    seen ? { name: seen.name, criticality: seen.criticality, days: seen.retention.incidents_days } : { name: "", criticality: "prod", days: DAYS_DEFAULT },
  );
  const body = () => ({ name: draft.name, criticality: draft.criticality, retention: { incidents_days: draft.days === "" ? DAYS_DEFAULT : draft.days } });
  const save = useChange(() => (seen ? update(seen, body()) : answer(api.POST("/api/v1/environments", { body: body() }))), [environmentsQuery.queryKey]);
  const shorter = seen !== undefined && draft.days !== "" && draft.days < seen.retention.incidents_days;
  const submit = () =>
    save.mutate(undefined, {
      onSuccess: (now) => {
        onClose();
        const before = seen && { name: seen.name, criticality: seen.criticality, retention: seen.retention };
        done(`${now.name} is saved.`, before && undo(() => update(now, before)));
      },
    });
  return (
    <FormModal
      opened
      onClose={onClose}
      title={seen ? "Edit the environment" : "New environment"}
      verb={seen ? "Save" : "Make environment"}
      onSubmit={submit}
      busy={save.isPending}
      disabled={!isWhole(draft)}
      error={save.error}
      fields={["/name", "/retention/incidents_days"]}
      size="lg"
    >
      <EnvironmentFields draft={draft} onChange={setDraft} error={save.error} autoFocus />
      {shorter && (
        <Text size="sm" c="var(--assent-degraded)">
          Closed incidents that are older than {draft.days} days go within the hour. Undo does not bring them back.
        </Text>
      )}
    </FormModal>
  );
}

function update({ id, version }: Environment, body: Schemas["UpdateEnvironment"]): Promise<Environment> {
  return answer(api.PATCH("/api/v1/environments/{environment}", { params: { path: { environment: id }, header: ifMatch(version) }, body }));
}
