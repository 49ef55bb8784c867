// One cluster: how it is, what its observer says of itself, and what can be done with it.
import { Alert, Badge, Group, Stack, Title } from "@mantine/core";
import { IconBan, IconKey, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { useChange } from "../../../api/admin";
import type { Schemas } from "../../../api/client";
import { clustersQuery } from "../../../api/queries";
import { allowed, whoMay } from "../../../api/rights";
import { useMe } from "../../../api/session";
import { ConfirmModal } from "../../../parts/confirm";
import { LinkButton } from "../../../parts/links";
import { HealthMark } from "../../../parts/marks";
import { MayButton } from "../../../parts/may";
import { done } from "../../../parts/toast";
import { Ago, Instant } from "../../../time/zone";
import { Manifest } from "../../connect/Manifest";
import { bytes } from "../bytes";
import { Facts } from "../Facts";
import { Once } from "../Once";
import { deleteCluster, revokeKey, rotateKey } from "./changes";
import { ClusterForm } from "./ClusterForm";
import { ConnectionMark } from "./connection";
import { ExecutorPart } from "./ExecutorPart";

type Cluster = Schemas["Cluster"];
type Asked = "edit" | "rotate" | "revoke" | "delete";

export function ClusterPanel({ cluster, environments, onGone }: { cluster: Cluster; environments: readonly Schemas["Environment"][]; onGone: () => void }) {
  const me = useMe();
  const [asked, setAsked] = useState<Asked>();
  const [fresh, setFresh] = useState<Schemas["NewCluster"]>();
  const touches = [clustersQuery.queryKey];
  const rotate = useChange(rotateKey, touches);
  const revoke = useChange(revokeKey, touches);
  const remove = useChange(deleteCluster, touches);
  const environment = environments.find(({ id }) => id === cluster.environment);
  const may = allowed(me.grants, "cluster.manage", { environment: cluster.environment, ...(environment && { criticality: environment.criticality }) });
  const why = whoMay("cluster.manage");
  const { observer } = cluster;
  const blind = observer?.cannot_see ?? [];
  const close = () => setAsked(undefined);
  return (
    <Stack gap="lg">
      <Group gap="lg">
        <HealthMark health={cluster.health} />
        <ConnectionMark connection={cluster.connection} />
      </Group>
      {blind.length > 0 && (
        <Alert color="yellow" variant="light" title="What it cannot see">
          Not granted, or not served there. What stands in it goes unexplained.
          <Group gap={6} mt={8}>
            {blind.map((kind) => (
              <Badge key={kind} variant="outline" color="gray" tt="none" className="foreign">
                {kind}
              </Badge>
            ))}
          </Group>
        </Alert>
      )}
      {observer && observer.dropped > 0 && (
        <Alert color="yellow" variant="light" title="Signals were dropped">
          {observer.dropped.toLocaleString("en")} signals did not fit the observer’s buffer while it could not reach this platform. It lists the cluster anew after that, so what
          is shown is whole again; changes in between are lost.
        </Alert>
      )}
      <Facts
        facts={[
          ["Environment", environment?.name ?? cluster.environment],
          ["Objects known", cluster.objects.toLocaleString("en")],
          ["Last heard", cluster.seen_at ? <Ago at={cluster.seen_at} /> : "Never"],
          ["Reads", cluster.profiles.join(", ")],
          ["Kubernetes", cluster.kubernetes ?? "Not told yet"],
          ["Cluster UID", cluster.cluster_uid ?? "Not told yet"],
          ["Added", <Instant key="added" at={cluster.created_at} />],
          ["Observer’s key", cluster.key ?? "None: the observer runs inside the platform"],
          ["Id", cluster.id],
        ]}
      />
      {observer && (
        <section aria-labelledby="observer-title">
          <Title order={3} size="h5" id="observer-title" mb="xs">
            Its observer says
          </Title>
          <Facts
            facts={[
              ["Version", observer.version],
              ["Running since", <Instant key="since" at={observer.started_at} />],
              ["Waiting to be sent", bytes(observer.buffered_bytes)],
              ["Dropped since its start", observer.dropped.toLocaleString("en")],
              ["Values redacted since its start", observer.redacted.toLocaleString("en")],
              typeof observer.memory_bytes === "number" && ["Memory", bytes(observer.memory_bytes)],
            ]}
          />
        </section>
      )}
      <ExecutorPart cluster={cluster} may={allowed(me.grants, "executor.manage", { environment: cluster.environment })} />
      <Group gap="xs">
        {cluster.connection === "waiting" && (
          <LinkButton to="/connect" search={{ cluster: cluster.id }}>
            Follow its arrival
          </LinkButton>
        )}
        <LinkButton to="/topology" search={{ cluster: cluster.id }} variant="default">
          Topology
        </LinkButton>
        <MayButton may={may} why={why} variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setAsked("edit")}>
          Rename or move
        </MayButton>
        {cluster.key && (
          <>
            <MayButton may={may} why={why} variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={() => setAsked("rotate")}>
              Rotate key
            </MayButton>
            {cluster.connection !== "revoked" && (
              <MayButton may={may} why={why} variant="default" c="var(--assent-broken)" leftSection={<IconBan size={16} aria-hidden />} onClick={() => setAsked("revoke")}>
                Revoke key
              </MayButton>
            )}
          </>
        )}
        <MayButton may={may} why={why} variant="default" c="var(--assent-broken)" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsked("delete")}>
          Delete
        </MayButton>
      </Group>
      {asked === "edit" && <ClusterForm cluster={cluster} environments={environments} onClose={close} />}
      <ConfirmModal
        opened={asked === "rotate"}
        onClose={close}
        title="Rotate the observer’s key?"
        verb="Rotate key"
        danger={false}
        onConfirm={async () => setFresh(await rotate.mutateAsync(cluster))}
      >
        The present key and its tokens stop holding at once. The observer is cut off until the new manifest is applied; what it sealed in its buffer under the old key counts as
        dropped, and the cluster is listed anew.
      </ConfirmModal>
      <ConfirmModal
        opened={asked === "revoke"}
        onClose={close}
        title="Revoke the observer’s key?"
        verb="Revoke key"
        onConfirm={async () => {
          await revoke.mutateAsync(cluster);
          done(`The key of ${cluster.name} is revoked.`);
        }}
      >
        Nothing that this observer sends is taken any more, at once. What is known of the cluster stays and grows old. To connect it again, rotate the key.
      </ConfirmModal>
      <ConfirmModal
        opened={asked === "delete"}
        onClose={close}
        title="Delete the cluster?"
        verb="Delete cluster"
        typed={cluster.name}
        onConfirm={async () => {
          await remove.mutateAsync(cluster);
          done(`${cluster.name} is deleted.`);
          onGone();
        }}
      >
        Everything that is known of it goes: facts, live incidents, its ways in for alerts. Nothing in the cluster itself is touched; to remove the observer there:
        <br />
        <code>kubectl delete namespace assent-observer</code>
        <br />
        <code>kubectl delete clusterrole,clusterrolebinding assent-observer</code>
      </ConfirmModal>
      {fresh && (
        <Once
          opened
          onClose={() => setFresh(undefined)}
          title="The new manifest"
          about="Apply it to the cluster: it carries the new key, and the former one holds no more. Assent keeps a hash of the key only. Treat the file like a password, and delete it once it is applied."
          size="xl"
        >
          <Manifest cluster={fresh.cluster.name} manifest={fresh.manifest} again />
        </Once>
      )}
    </Stack>
  );
}
