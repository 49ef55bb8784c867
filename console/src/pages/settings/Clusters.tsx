// The clusters: how each is, and what its observer says of itself.
import { Drawer, Text, UnstyledButton } from "@mantine/core";
import { IconPlus, IconServer2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import type { Schemas } from "../../api/client";
import { clustersQuery, environmentsQuery } from "../../api/queries";
import { allowed, allowedSomewhere, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { CriticalityBadge } from "../../parts/criticality";
import { LinkText } from "../../parts/links";
import { HealthMark } from "../../parts/marks";
import { MayButton } from "../../parts/may";
import { Empty } from "../../parts/states";
import { RowTable, type Column } from "../../parts/table";
import { Ago } from "../../time/zone";
import { ClusterPanel } from "./clusters/ClusterPanel";
import { ConnectionMark } from "./clusters/connection";
import { ListPage } from "./ListPage";
import classes from "./settings.module.css";

type Cluster = Schemas["Cluster"];

export function Clusters() {
  const me = useMe();
  const navigate = useNavigate();
  const { cluster: chosen } = useSearch({ from: "/inside/settings/clusters" });
  const clusters = useQuery(clustersQuery);
  const environments = useQuery(environmentsQuery);
  const open = (cluster?: string) => void navigate({ to: "/settings/clusters", search: cluster === undefined ? {} : { cluster }, resetScroll: false });
  const shown = clusters.data?.find(({ id }) => id === chosen);
  const connect = (
    <MayButton
      may={allowedSomewhere(me.grants, "cluster.manage") || allowed(me.grants, "environment.manage")}
      why={whoMay("cluster.manage")}
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => void navigate({ to: "/connect" })}
    >
      Connect a cluster
    </MayButton>
  );
  const columns: Column<Cluster>[] = [
    {
      head: "Cluster",
      bare: true,
      cell: ({ id, name }) => (
        <UnstyledButton className={`${classes["name"]} foreign`} onClick={() => open(id)}>
          {name}
        </UnstyledButton>
      ),
    },
    {
      head: "Environment",
      cell: ({ environment: id }) => {
        const environment = environments.data?.find((known) => known.id === id);
        return environment ? (
          <span style={{ display: "inline-flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
            <span className="foreign">{environment.name}</span>
            <CriticalityBadge criticality={environment.criticality} />
          </span>
        ) : (
          "–"
        );
      },
    },
    { head: "Health", narrow: true, cell: ({ health }) => <HealthMark health={health} /> },
    { head: "Connection", narrow: true, cell: ({ connection }) => <ConnectionMark connection={connection} /> },
    { head: "Last heard", cell: ({ seen_at }) => (seen_at ? <Ago at={seen_at} /> : "Never") },
    {
      head: "Cannot see",
      isEmpty: ({ observer }) => !observer?.cannot_see?.length,
      cell: ({ observer }) => (observer?.cannot_see?.length ? `${observer.cannot_see.length} kinds` : "–"),
    },
    {
      head: "Open incidents",
      narrow: true,
      cell: ({ id, open_incidents }) =>
        open_incidents === 0 ? (
          "0"
        ) : (
          <LinkText to="/incidents" search={{ cluster: id }} size="sm">
            {open_incidents}
          </LinkText>
        ),
    },
  ];
  return (
    <ListPage
      title="Clusters"
      about="Each is watched by an observer that reads what its profiles name, and can change nothing."
      actions={connect}
      query={clusters}
      isEmpty={(list) => list.length === 0}
      empty={
        <Empty icon={IconServer2} title="No cluster is connected" action={connect}>
          A small read-only observer runs in each cluster and tells Assent what is there. It takes one manifest to connect one.
        </Empty>
      }
    >
      {(list) => (
        <>
          <RowTable label="Clusters" rows={list} keyOf={({ id }) => id} columns={columns} chosen={chosen} />
          <Drawer
            opened={chosen !== undefined}
            onClose={() => open()}
            position="right"
            size="lg"
            title={<span className="foreign">{shown?.name ?? "Cluster"}</span>}
           
          >
            {shown ? (
              <ClusterPanel cluster={shown} environments={environments.data ?? []} onGone={() => open()} />
            ) : (
              <Text size="sm" c="dimmed">
                There is no such cluster, or you may not know of it.
              </Text>
            )}
          </Drawer>
        </>
      )}
    </ListPage>
  );
}
