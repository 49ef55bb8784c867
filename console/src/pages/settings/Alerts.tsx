// Ways in for alerts of other systems.
import { Group, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconBell, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { alertSourcesQuery, fieldProblem, useChange } from "../../api/admin";
import { answer, api, type Schemas } from "../../api/client";
import { clustersQuery, environmentsQuery } from "../../api/queries";
import { allowed, allowedSomewhere, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { CopyBlock } from "../../parts/copy";
import { MayButton } from "../../parts/may";
import { Empty } from "../../parts/states";
import { RowTable, type Column } from "../../parts/table";
import { done } from "../../parts/toast";
import { Ago } from "../../time/zone";
import { formatOrder, formats, instructions } from "./alerts/senders";
import { FormModal } from "./FormModal";
import { ListPage } from "./ListPage";
import { Once } from "./Once";

type Source = Schemas["AlertSource"];
const EACH_MS = 15_000;

export function Alerts() {
  const me = useMe();
  // No live event tells of alerts that came.
  const sources = useQuery({ ...alertSourcesQuery, refetchInterval: EACH_MS });
  const clusters = useQuery(clustersQuery);
  const environments = useQuery(environmentsQuery);
  const [making, setMaking] = useState(false);
  const [fresh, setFresh] = useState<Schemas["NewAlertSource"]>();
  const [gone, setGone] = useState<Source>();
  const remove = useChange(({ id }: Source) => answer(api.DELETE("/api/v1/alert-sources/{source}", { params: { path: { source: id } } })), [alertSourcesQuery.queryKey]);
  const isManaged = (id: string) => {
    const environment = environments.data?.find((known) => known.id === clusters.data?.find((cluster) => cluster.id === id)?.environment);
    return environment !== undefined && allowed(me.grants, "alert_source.manage", { environment: environment.id, criticality: environment.criticality });
  };
  const fitting = (clusters.data ?? []).filter(({ id }) => isManaged(id));
  const isNone = clusters.data?.length === 0;
  const make = (
    <MayButton
      may={allowedSomewhere(me.grants, "alert_source.manage") && !isNone}
      why={isNone ? "Connect a cluster first: alerts are about one." : whoMay("alert_source.manage")}
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setMaking(true)}
    >
      Open a way in
    </MayButton>
  );
  const columns: Column<Source>[] = [
    {
      head: "Name",
      bare: true,
      cell: ({ name }) => (
        <Text size="sm" fw={550} className="foreign">
          {name}
        </Text>
      ),
    },
    { head: "Format", cell: ({ format }) => formats[format].word },
    { head: "About cluster", cell: ({ cluster }) => <span className="foreign">{clusters.data?.find(({ id }) => id === cluster)?.name ?? cluster}</span> },
    { head: "Alerts taken", narrow: true, cell: ({ received }) => received.toLocaleString("en") },
    { head: "Last alert", cell: ({ received_at }) => (received_at ? <Ago at={received_at} /> : "None yet") },
    {
      head: "Change",
      narrow: true,
      bare: true,
      cell: (source) => (
        <MayButton
          may={isManaged(source.cluster)}
          why={whoMay("alert_source.manage")}
          size="xs"
          variant="default"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={() => setGone(source)}
        >
          Close
        </MayButton>
      ),
    },
  ];
  return (
    <>
      <ListPage
        title="Alerts in"
        about="Alerts of other systems become facts about a cluster. They are evidence like any other, and choose nothing."
        actions={make}
        query={sources}
        isEmpty={(list) => list.length === 0}
        empty={
          <Empty icon={IconBell} title="No system sends alerts here" action={make}>
            Assent finds what is wrong by itself. Alerts add what only others can see: slow requests, failed probes from outside.
          </Empty>
        }
      >
        {(list) => <RowTable label="Ways in for alerts" rows={list} keyOf={({ id }) => id} columns={columns} />}
      </ListPage>
      {making && (
        <SourceForm
          clusters={fitting}
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setMaking(false);
            setFresh(made);
          }}
        />
      )}
      {fresh && (
        <Once opened onClose={() => setFresh(undefined)} title={`How ${fresh.source.name} sends`} about="The secret is not shown again. If it is lost, close this way in and open another." size="xl">
          {instructions(fresh.source.format, fresh.url, fresh.secret).map(({ what, text }) => (
            <Stack gap={6} key={what}>
              <Text size="sm">{what}</Text>
              <CopyBlock text={text} maxHeight={320} />
            </Stack>
          ))}
          <Text size="sm" c="dimmed">
            Senders must reach this address. An alert that comes twice counts once.
          </Text>
        </Once>
      )}
      <ConfirmModal
        opened={gone !== undefined}
        onClose={() => setGone(undefined)}
        title="Close this way in?"
        verb="Close it"
        typed={gone?.name ?? ""}
        onConfirm={async () => {
          if (!gone) return;
          await remove.mutateAsync(gone);
          done(`${gone.name} is closed.`);
        }}
      >
        What it sends is refused from then on.
      </ConfirmModal>
    </>
  );
}

type SourceFormProps = { clusters: readonly Schemas["Cluster"][]; onClose: () => void; onMade: (made: Schemas["NewAlertSource"]) => void };

function SourceForm({ clusters, onClose, onMade }: SourceFormProps) {
  const [name, setName] = useState("");
  const [format, setFormat] = useState<Source["format"]>("alertmanager");
  const [cluster, setCluster] = useState(clusters.length === 1 ? clusters[0]?.id : undefined);
  const make = useChange((body: Schemas["CreateAlertSource"]) => answer(api.POST("/api/v1/alert-sources", { body })), [alertSourcesQuery.queryKey]);
  return (
    <FormModal
      opened
      onClose={onClose}
      title="Open a way in for alerts"
      verb="Open it"
      onSubmit={() => cluster !== undefined && make.mutate({ name, format, cluster }, { onSuccess: onMade })}
      busy={make.isPending}
      disabled={name.trim() === "" || cluster === undefined}
      error={make.error}
      fields={["/name", "/cluster"]}
      size="lg"
    >
      <TextInput
        label="Name"
        placeholder="alertmanager-eu"
        required
        data-autofocus
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldProblem(make.error, "/name")}
      />
      <Select
        label="Which cluster are its alerts about?"
        required
        allowDeselect={false}
        data={clusters.map((known) => ({ value: known.id, label: known.name }))}
        value={cluster ?? null}
        onChange={(id) => id && setCluster(id)}
        error={fieldProblem(make.error, "/cluster")}
      />
      <Radio.Group label="Who sends?" value={format} onChange={(value) => setFormat(value as Source["format"])}>
        <Stack gap={8} mt={8}>
          {formatOrder.map((known) => (
            <Radio.Card key={known} value={known} p="sm">
              <Group wrap="nowrap" align="flex-start" gap="sm">
                <Radio.Indicator mt={2} />
                <div>
                  <Text size="sm" fw={550}>
                    {formats[known].word}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {formats[known].about}
                  </Text>
                </div>
              </Group>
            </Radio.Card>
          ))}
        </Stack>
      </Radio.Group>
    </FormModal>
  );
}
