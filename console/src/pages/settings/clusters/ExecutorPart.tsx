// What runs plans in a cluster: none, or one with what it has pinned.
import { Alert, Group, Stack, Text, Title } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useChange } from "../../../api/admin";
import { answer, api, type Schemas } from "../../../api/client";
import { executorQuery } from "../../../api/plans";
import { whoMay } from "../../../api/rights";
import { ConfirmModal } from "../../../parts/confirm";
import { MayButton } from "../../../parts/may";
import { Lines, Problem } from "../../../parts/states";
import { done } from "../../../parts/toast";
import { Ago, Instant } from "../../../time/zone";
import { Manifest } from "../../connect/Manifest";
import { Facts } from "../Facts";
import { Once } from "../Once";
import { PinnedView } from "./PinnedView";
import { RulesTrial } from "./RulesTrial";

type Props = { cluster: Schemas["Cluster"]; may: boolean };

export function ExecutorPart({ cluster, may }: Props) {
  const { data, error, refetch } = useQuery(executorQuery(cluster.id));
  const touches = [executorQuery(cluster.id).queryKey, ["plans"], ["plan"]];
  const path = { params: { path: { cluster: cluster.id } } };
  const add = useChange(() => answer(api.POST("/api/v1/clusters/{cluster}/executor", { ...path, body: {} })), touches);
  const remove = useChange(() => answer(api.DELETE("/api/v1/clusters/{cluster}/executor", path)), touches);
  const [asked, setAsked] = useState<"add" | "again" | "remove" | "try">();
  const [fresh, setFresh] = useState<Schemas["NewExecutor"]>();
  const close = () => setAsked(undefined);
  const install = async () => setFresh(await add.mutateAsync(undefined));
  const why = whoMay("executor.manage");
  return (
    <section aria-labelledby="executor-title">
      <Title order={3} size="h5" id="executor-title" mb="xs">
        Executor
      </Title>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {data === undefined && !error && <Lines count={2} height={40} />}
      {data === null && (
        <Stack gap="sm">
          <Text size="sm">
            None is installed, so plans for this cluster are advice: commands to run by hand. An executor is a second program in the cluster. It changes what enough people have
            signed for, as the person who approved it, and believes only the keys and rules that are pinned in the cluster itself, not this platform.
          </Text>
          <div>
            <MayButton may={may} why={why} variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAsked("add")}>
              Install an executor
            </MayButton>
          </div>
        </Stack>
      )}
      {data && (
        <Stack gap="md">
          {data.unusable && (
            <Alert color="yellow" variant="light" title="What it has pinned cannot be used">
              <Text size="sm" className="foreign-block">
                {data.unusable}
              </Text>
            </Alert>
          )}
          {!data.seen_at && (
            <Text size="sm">It was never heard. Apply its manifest to the cluster, and it shows here by itself.</Text>
          )}
          <Facts
            facts={[
              ["Last heard", data.seen_at ? <Ago key="seen" at={data.seen_at} /> : "Never"],
              ["Version", data.version ?? "Not told yet"],
              ["Added", <Instant key="added" at={data.created_at} />],
              ["Key", data.key],
              data.policy ? ["Digest of its rules", data.policy] : null,
            ]}
          />
          {data.pinned && <PinnedView pinned={data.pinned} cluster={cluster.id} />}
          <Group gap="xs">
            {data.pinned && (
              <MayButton may={may} why={why} variant="default" onClick={() => setAsked("try")}>
                Try other rules
              </MayButton>
            )}
            <MayButton may={may} why={why} variant="default" onClick={() => setAsked("again")}>
              New manifest and key
            </MayButton>
            <MayButton may={may} why={why} variant="default" c="var(--assent-broken)" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsked("remove")}>
              Remove
            </MayButton>
          </Group>
        </Stack>
      )}
      <ConfirmModal opened={asked === "add"} onClose={close} title="Install an executor?" verb="Make the manifest" danger={false} onConfirm={install}>
        You get a manifest to read, change and apply. It pins who may approve, with the keys that the platform knows, whom they are in the cluster, and what may be done there. Once
        it is applied, changes of what is pinned need the signatures of those who are.
      </ConfirmModal>
      <ConfirmModal opened={asked === "again"} onClose={close} title="Make a new manifest?" verb="Make it" danger={false} onConfirm={install}>
        The present key and its tokens stop holding at once. The executor is cut off until the new manifest is applied; what it has pinned stays pinned there.
      </ConfirmModal>
      <ConfirmModal
        opened={asked === "remove"}
        onClose={close}
        title="Remove the executor?"
        verb="Remove executor"
        typed={cluster.name}
        onConfirm={async () => {
          await remove.mutateAsync(undefined);
          done(`Nothing runs plans in ${cluster.name} any more.`);
        }}
      >
        Its key and its tokens stop holding at once, and plans for this cluster become advice. Nothing in the cluster itself is touched; to remove it there:
        <br />
        <code>kubectl delete namespace assent-executor</code>
        <br />
        <code>kubectl delete clusterrole,clusterrolebinding,validatingadmissionpolicy,validatingadmissionpolicybinding --ignore-not-found assent-executor assent-rehearsal</code>
      </ConfirmModal>
      {asked === "try" && data?.pinned && <RulesTrial cluster={cluster.id} pinned={data.pinned} onClose={close} />}
      {fresh && (
        <Once
          opened
          onClose={() => setFresh(undefined)}
          title="The executor’s manifest"
          about="Read who may approve and what may be done before you apply it. It carries the executor’s key, of which Assent keeps a hash only: treat the file like a password, and delete it once it is applied."
          size="xl"
        >
          <Manifest cluster={cluster.name} manifest={fresh.manifest} again program="assent-executor" />
        </Once>
      )}
    </section>
  );
}
