// The cluster as a tree: namespace, workload, what it owns.
import { Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useId, useMemo, useState, type KeyboardEvent } from "react";

import { HealthMark } from "../../parts/marks";
import type { Graph } from "./graph/model";
import { treeRows, type TreeRow } from "./graph/tree";
import { IncidentFlag } from "./IncidentFlag";
import classes from "./Topology.module.css";
import { useCursor } from "./useCursor";

type Props = { graph: Graph; places: readonly number[]; wanted: ReadonlySet<number> | undefined; chosen: string | undefined; choose: (id: string | undefined) => void };

const ROW_PX = 40;
const INDENT_PX = 20;

export function TreeView({ graph, places, wanted, chosen, choose }: Props) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => treeRows(graph, places, toggled, wanted), [graph, places, toggled, wanted]);
  const { box, list, at, go, onKey } = useCursor({ count: rows.length, rowPx: ROW_PX, idOf: (place) => rows[place]?.id });
  const prefix = useId();
  const turn = (row: TreeRow) => {
    const next = new Set(toggled);
    if (!next.delete(row.id)) next.add(row.id);
    setToggled(next);
  };
  const act = (row: TreeRow) => (row.place === undefined ? turn(row) : choose(row.id));
  const onKeys = (event: KeyboardEvent) => {
    const row = rows[at];
    if (onKey(event) || !row) return;
    if (event.key === "ArrowRight") {
      if (row.inside > 0 && !row.open) turn(row);
      else if (row.open) go(at + 1);
    } else if (event.key === "ArrowLeft") {
      if (row.open) turn(row);
      else go(rows.findLastIndex(({ level }, place) => place < at && level < row.level));
    } else if (event.key === "Enter" || event.key === " ") act(row);
    else if (event.key === "Escape") choose(undefined);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={box} className={classes["rows"]} role="tree" aria-label="Objects of the cluster" tabIndex={0} onKeyDown={onKeys} aria-activedescendant={rows.length > 0 ? `${prefix}${at}` : undefined}>
      <div role="presentation" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          const node = graph.nodes[row?.place ?? -1];
          if (!row) return null;
          const Chevron = row.open ? IconChevronDown : IconChevronRight;
          return (
            <div
              key={row.id}
              id={`${prefix}${index}`}
              role="treeitem"
              aria-level={row.level}
              aria-setsize={row.of}
              aria-posinset={row.nth}
              aria-expanded={row.inside > 0 ? row.open : undefined}
              aria-selected={row.id === chosen}
              className={classes["row"]}
              data-at={index === at}
              style={{ height: ROW_PX, transform: `translateY(${start}px)`, paddingInlineStart: 6 + (row.level - 1) * INDENT_PX }}
              onClick={() => {
                go(index);
                act(row);
              }}
            >
              {row.inside > 0 ? (
                <span
                  style={{ display: "inline-flex", padding: 5, marginInline: -3 }}
                  onClick={(event) => {
                    event.stopPropagation();
                    turn(row);
                  }}
                >
                  <Chevron size={16} aria-hidden />
                </span>
              ) : (
                <span style={{ width: 20, flexShrink: 0 }} />
              )}
              <HealthMark health={row.health} bare />
              <Text component="span" size="sm" truncate className="foreign" fw={row.place === undefined ? 650 : undefined} style={{ flexShrink: 1 }}>
                {node && (
                  <Text component="span" inherit c="dimmed">
                    {node.kind}{" "}
                  </Text>
                )}
                {node?.name ?? row.label}
              </Text>
              <IncidentFlag node={node} />
              <Text component="span" size="xs" c="dimmed" truncate className="foreign" style={{ flexShrink: 3, minWidth: 0 }}>
                {node?.note}
              </Text>
              {row.inside > 0 && !row.open && (
                <Text component="span" size="xs" c="dimmed" ms="auto" style={{ flexShrink: 0 }}>
                  {row.inside}
                </Text>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
