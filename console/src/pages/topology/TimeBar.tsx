// Goes back in time: a slider over the kept snapshots, with what was ill at each, and the way back to now.
import { ActionIcon, Button, Slider, Text, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { topologyInstantsQuery } from "../../api/queries";
import { absolute } from "../../time/format";
import { useZone } from "../../time/zone";
import { instantWords, placeAt } from "./instants";
import classes from "./Topology.module.css";

type Props = { cluster: string; at: string | undefined; go: (at: string | undefined) => void };

const STEP_MS = 900;
/** How long the thumb rests before the page follows. */
const REST_MS = 120;

export function TimeBar({ cluster, at, go }: Props) {
  const { data: instants } = useQuery(topologyInstantsQuery(cluster));
  const zone = useZone();
  const [playing, setPlaying] = useState(false);
  const live = instants?.length ?? 0;
  const place = instants ? placeAt(instants, at) : 0;
  const move = (to: number) => go(instants?.[to]?.at);
  // Where the thumb is while it moves; what it passes is not asked for.
  const [held, hold] = useState<number>();
  const moveSoon = useDebouncedCallback((to: number) => {
    hold(undefined);
    move(to);
  }, REST_MS);

  useEffect(() => {
    if (!playing) return;
    if (place >= live) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => move(place + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, place, live]);

  if (!instants || instants.length === 0) return null;
  const words = (to: number): string => {
    const instant = instants[to];
    return instant ? `${absolute(instant.at, zone.name)}, ${instantWords(instant)}` : "Now";
  };
  return (
    <div className={classes["time"]} role="group" aria-label="Time">
      <Tooltip label={playing ? "Pause" : "Play up to now"}>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={playing ? "Pause" : "Play up to now"}
          onClick={() => {
            if (!playing && place >= live) move(0);
            setPlaying(!playing);
          }}
        >
          {playing ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
        </ActionIcon>
      </Tooltip>
      <div className={classes["past"]}>
        <svg viewBox={`0 0 ${live + 1} 10`} preserveAspectRatio="none" aria-hidden>
          {instants.map((instant, nth) => {
            const ill = instant.broken + instant.degraded;
            return ill === 0 ? null : (
              <rect key={instant.at} x={nth} width={0.9} y={instant.broken > 0 ? 1 : 5} height={instant.broken > 0 ? 9 : 5} fill={instant.broken > 0 ? "var(--assent-broken)" : "var(--assent-degraded)"} opacity={nth === place ? 1 : 0.6} />
            );
          })}
        </svg>
        <Slider
          min={0}
          max={live}
          value={held ?? place}
          onChange={(to) => {
            setPlaying(false);
            hold(to);
            moveSoon(to);
          }}
          label={words}
          size="sm"
          color={at === undefined ? "assent" : "yellow"}
          thumbLabel="Show the cluster as it was"
          thumbValueText={words}
        />
      </div>
      <Text size="sm" c={at === undefined ? "dimmed" : "var(--mantine-color-text)"} fw={at === undefined ? 400 : 600} style={{ whiteSpace: "nowrap" }} visibleFrom="sm">
        {at === undefined ? "Now" : absolute(at, zone.name)}
      </Text>
      {at !== undefined && (
        <Button
          size="xs"
          onClick={() => {
            setPlaying(false);
            go(undefined);
          }}
        >
          Back to now
        </Button>
      )}
    </div>
  );
}
