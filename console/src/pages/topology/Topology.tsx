// A cluster: what is there, how it is, and what depends on what.
import { Alert, Drawer, SegmentedControl, Skeleton, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconAffiliate, IconPlugConnected, IconSearchOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useRef } from "react";

import { clustersQuery } from "../../api/queries";
import { forPage } from "../../app/shell/Shortcuts";
import { LinkButton } from "../../parts/links";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";
import { Controls } from "./Controls";
import { worse } from "./graph/model";
import { ObjectPanel } from "./ObjectPanel";
import { readSort, writeSort, type TopologySearch, type View } from "./search";
import { TableView } from "./TableView";
import { TimeBar } from "./TimeBar";
import classes from "./Topology.module.css";
import { TreeView } from "./TreeView";
import { useTopology } from "./useTopology";

const GraphView = lazy(() => import("./graph/GraphView").then((module) => ({ default: module.GraphView })));

const title = "Topology";

export function Topology() {
  const search = useSearch({ from: "/inside/topology" });
  const { data: clusters, error, refetch } = useQuery(clustersQuery);
  if (error && !clusters) return <Page title={title}><Problem error={error} retry={() => void refetch()} /></Page>;
  if (!clusters) return <Page title={title} wide><Lines count={8} /></Page>;
  // Without a choice: where something is ill, or else the first.
  const cluster = search.cluster ?? [...clusters].sort((a, b) => worse(b.health, a.health))[0]?.id;
  if (cluster === undefined) {
    return (
      <Page title={title}>
        <Empty icon={IconPlugConnected} title="No cluster is connected yet" action={<LinkButton to="/connect">Connect a cluster</LinkButton>}>
          Once an observer sends what it sees, its objects and what they depend on are drawn here.
        </Empty>
      </Page>
    );
  }
  return <Cluster key={cluster} cluster={cluster} search={search} />;
}

type Part = { [F in keyof TopologySearch]?: TopologySearch[F] | undefined };

function Cluster({ cluster, search }: { cluster: string; search: TopologySearch }) {
  const navigate = useNavigate();
  const narrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });
  const view: View = search.view ?? (narrow ? "tree" : "graph");
  const { graph, places, wanted, namespaces, kinds, data, error, refetch, isPlaceholderData } = useTopology(cluster, search);
  const finder = useRef<HTMLInputElement>(null);

  const set = useCallback(
    (part: Part) =>
      void navigate({
        to: "/topology",
        search: (before) => Object.fromEntries(Object.entries({ ...before, cluster, ...part }).filter(([, value]) => value !== undefined)) as TopologySearch,
        replace: true,
        resetScroll: false,
      }),
    [navigate, cluster],
  );
  const choose = useCallback((object: string | undefined) => set({ object }), [set]);
  useEffect(() => {
    const stop = new AbortController();
    window.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "/" || !forPage(event)) return;
        event.preventDefault();
        finder.current?.focus();
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, []);

  const place = graph?.places.get(search.object ?? "");
  const panel = graph && place !== undefined;
  const shown = wanted?.size ?? places.length;
  const scope = [cluster, search.namespace, search.incident].join(" ");
  return (
    <Page title={title} wide about={<About shown={shown} of={places.length} found={wanted !== undefined} ready={graph !== undefined} />} actions={<ViewSwitch view={view} set={(next) => set({ view: next })} />}>
      <Controls cluster={cluster} search={search} set={set} namespaces={namespaces} kinds={kinds} finder={finder} />
      {search.incident === undefined && <TimeBar cluster={cluster} at={search.at} go={(at) => set({ at })} />}
      {error && !graph && <Problem error={error} retry={() => void refetch()} />}
      {data && data.left_out > 0 && (
        <Alert color="yellow" variant="light" mb="sm" p="xs">
          {data.left_out} more objects do not fit. Choose a namespace to see all of it.
        </Alert>
      )}
      {!graph && !error && <Skeleton className={classes["stage"] ?? ""} />}
      {graph && (
        <div className={classes["body"]} data-panel={panel && !narrow} aria-busy={isPlaceholderData}>
          <div className={classes["stage"]}>
            {graph.nodes.length === 0 ? (
              <Empty icon={IconAffiliate} title="Nothing is known here yet">
                The observer of this cluster has sent no objects, or you may read none of its namespaces.
              </Empty>
            ) : shown === 0 ? (
              <Empty icon={IconSearchOff} title="No object fits">
                Leave out a filter, or look for another word.
              </Empty>
            ) : view === "graph" ? (
              <Suspense fallback={<Skeleton h="100%" />}>
                <GraphView graph={graph} places={places} scope={scope} chosen={search.object} choose={choose} wanted={wanted} />
              </Suspense>
            ) : view === "tree" ? (
              <TreeView graph={graph} places={places} wanted={wanted} chosen={search.object} choose={choose} />
            ) : (
              <TableView graph={graph} places={places} wanted={wanted} sort={readSort(search.sort)} sortBy={(sort) => set({ sort: writeSort(sort) })} chosen={search.object} choose={choose} />
            )}
          </div>
          {panel && !narrow && <ObjectPanel cluster={cluster} graph={graph} place={place} choose={choose} />}
          {narrow && (
            <Drawer opened={panel === true} onClose={() => choose(undefined)} position="bottom" size="75%" title="Object">
              {panel && <ObjectPanel cluster={cluster} graph={graph} place={place} choose={choose} bare />}
            </Drawer>
          )}
        </div>
      )}
    </Page>
  );
}

function About({ shown, of, found, ready }: { shown: number; of: number; found: boolean; ready: boolean }) {
  if (!ready) return null;
  return (
    <Text span size="sm" role="status">
      {found ? `${shown} of ${of} objects` : `${of} objects`}
    </Text>
  );
}

function ViewSwitch({ view, set }: { view: View; set: (view: View) => void }) {
  return (
    <SegmentedControl
      aria-label="View"
      value={view}
      onChange={set}
      data={[
        { value: "graph", label: "Graph" },
        { value: "tree", label: "Tree" },
        { value: "table", label: "Table" },
      ]}
    />
  );
}
