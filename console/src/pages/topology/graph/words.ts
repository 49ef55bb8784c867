// What is drawn, in words: for those who hear it, and for what is said beside it.
import { entityText } from "../../../parts/entity";
import { healthWord } from "../../../parts/marks";
import type { Item } from "./collapse";
import type { Graph } from "./model";

/** `Deployment shop/cart`, `namespace shop`, `42 ConfigMaps`. */
export function itemName(graph: Graph, { unit }: Pick<Item, "unit">): string {
  const node = graph.nodes[unit.node ?? -1];
  if (node) return entityText(node);
  return unit.group?.word === "kind" ? `${unit.inside.length} ${unit.group.label}` : `namespace ${unit.group?.label ?? ""}`;
}

/** All that the card of an item shows. */
export function itemWords(graph: Graph, item: Item): string {
  const note = graph.nodes[item.unit.node ?? -1]?.note;
  const ill = [item.broken > 0 && item.folded > 0 ? `${item.broken} broken` : "", item.degraded > 0 && item.folded > 0 ? `${item.degraded} degraded` : ""];
  const parts = [itemName(graph, item), healthWord(item.health), note ?? "", item.folded > 0 ? `${item.folded} objects folded into it` : "", ...ill, incidentWords(item.incidents.length)];
  return parts.filter((part) => part !== "").join(", ");
}

export function incidentWords(count: number): string {
  if (count === 0) return "";
  return count === 1 ? "part of an incident" : `part of ${count} incidents`;
}
