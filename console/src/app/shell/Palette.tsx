// Goes anywhere and does what is asked often, from the keyboard: Ctrl K or ⌘ K.
import { useDebouncedValue } from "@mantine/hooks";
import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import { useMantineColorScheme } from "@mantine/core";
import { IconClock, IconKeyboard, IconMoon, IconPlugConnected, IconSearch, IconServer2 } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { clustersQuery, incidentsQuery } from "../../api/queries";
import { SeverityMark } from "../../parts/marks";
import { useZone } from "../../time/zone";
import { places } from "./places";
import { openShortcuts } from "./Shortcuts";

const [store, palette] = createSpotlight();
export const openPalette = (): void => palette.open();

const INCIDENTS_SHOWN = 8;
const SEARCH_AFTER_MS = 200;


export function Palette() {
  const [text, setText] = useState("");
  const [opened, setOpened] = useState(false);
  const navigate = useNavigate();
  const zone = useZone();
  const { setColorScheme } = useMantineColorScheme();
  const [searched] = useDebouncedValue(text.trim(), SEARCH_AFTER_MS);
  const incidents = useInfiniteQuery({ ...incidentsQuery(searched ? { text: searched } : {}), enabled: opened });
  const clusters = useQuery({ ...clustersQuery, enabled: opened });

  const found: SpotlightActionData[] = (incidents.data?.pages.flatMap((page) => page.items) ?? []).slice(0, INCIDENTS_SHOWN).map((incident) => ({
    id: incident.id,
    label: incident.title,
    description: `${incident.cluster_name} · ${incident.namespaces.join(", ") || "cluster-scoped"}`,
    // The server has searched; what it found is not searched again.
    keywords: [text],
    leftSection: <SeverityMark severity={incident.severity} bare />,
    onClick: () => void navigate({ to: "/incidents/$incident", params: { incident: incident.id } }),
  }));
  const groups: SpotlightActionGroupData[] = [
    {
      group: "Go to",
      actions: places.map(({ to, label, icon: Icon, key }) => ({
        id: `go-${to}`,
        label,
        keywords: [`g ${key}`],
        leftSection: <Icon size={18} />,
        onClick: () => void navigate({ to }),
      })),
    },
    {
      group: "Do",
      actions: [
        { id: "connect", label: "Connect a cluster", leftSection: <IconPlugConnected size={18} />, onClick: () => void navigate({ to: "/connect" }) },
        { id: "zone", label: zone.isUtc ? "Show times in this browser's zone" : "Show times in UTC", leftSection: <IconClock size={18} />, onClick: zone.switchZone },
        { id: "theme", label: "Switch between light and dark", leftSection: <IconMoon size={18} />, onClick: () => setColorScheme(isDark() ? "light" : "dark") },
        { id: "keys", label: "Keyboard shortcuts", leftSection: <IconKeyboard size={18} />, onClick: openShortcuts },
      ],
    },
    {
      group: "Clusters",
      actions: (clusters.data ?? []).map((cluster) => ({
        id: cluster.id,
        label: cluster.name,
        description: "Topology of the cluster",
        leftSection: <IconServer2 size={18} />,
        onClick: () => void navigate({ to: "/topology", search: { cluster: cluster.id } }),
      })),
    },
    { group: "Incidents", actions: found },
  ];

  return (
    <Spotlight
      store={store}
      actions={groups}
      query={text}
      onQueryChange={setText}
      onSpotlightOpen={() => setOpened(true)}
      onSpotlightClose={() => setOpened(false)}
      shortcut={["mod + K"]}
      highlightQuery
      scrollable
      maxHeight={460}
      nothingFound={incidents.isFetching ? "Searching…" : "Nothing found"}
      searchProps={{ leftSection: <IconSearch size={18} aria-hidden />, placeholder: "Search incidents and clusters, or jump to a page", "aria-label": "Search and commands" }}
    />
  );
}

function isDark(): boolean {
  return document.documentElement.dataset["mantineColorScheme"] === "dark";
}
