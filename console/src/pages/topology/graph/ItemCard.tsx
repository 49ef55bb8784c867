// One thing in the graph: an object, or a fold with what is in it.
import { Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconFlame } from "@tabler/icons-react";
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo } from "react";

import { HealthMark } from "../../../parts/marks";
import type { Item } from "./collapse";
import classes from "./Graph.module.css";
import { incidentWords, itemName } from "./words";
import type { Graph } from "./model";

/** What is pointed at, what is concerned by it, and what is not looked for. */
export type Light = "source" | "lit" | "off" | undefined;
export type ItemData = { graph: Graph; item: Item; light: Light; chosen: boolean; toggle: (item: Item) => void };
export type ItemNode = Node<ItemData, "item">;

export const ItemCard = memo(function ItemCard({ data: { graph, item, light, chosen, toggle } }: NodeProps<ItemNode>) {
  const node = graph.nodes[item.unit.node ?? -1];
  const group = item.unit.group;
  const Chevron = item.open ? IconChevronDown : IconChevronRight;
  return (
    <div className={classes["card"]} data-health={item.health} data-light={light} data-chosen={chosen} data-fold={item.folded > 0}>
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes["handle"]} />
      <HealthMark health={item.health} bare />
      <div className={classes["words"]}>
        <Text size="xs" c="dimmed" truncate className="foreign" lh={1.25}>
          {node ? node.kind : group?.word === "namespace" ? "Namespace" : "Objects"}
          {node?.note ? ` · ${node.note}` : ""}
          {!node && item.broken > 0 ? ` · ${item.broken} broken` : ""}
        </Text>
        <Text size="sm" fw={600} truncate className="foreign" lh={1.3}>
          {node?.name ?? (group?.word === "kind" ? `${item.unit.inside.length} ${group.label}` : group?.label)}
        </Text>
      </div>
      {item.incidents.length > 0 && <IconFlame size={16} color="var(--assent-broken)" role="img" aria-label={incidentWords(item.incidents.length)} />}
      {item.opens && (
        <UnstyledButton
          className={`${classes["fold"]} nodrag nopan`}
          aria-label={item.open ? `Fold ${itemName(graph, item)}` : `Open ${itemName(graph, item)}, ${item.folded} objects`}
          aria-expanded={item.open}
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation();
            toggle(item);
          }}
        >
          {item.folded > 0 && item.folded}
          <Chevron size={14} aria-hidden />
        </UnstyledButton>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes["handle"]} />
    </div>
  );
});
