// The objects of the cluster as a table that sorts.
import { Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useId, useMemo, type KeyboardEvent } from "react";

import { HealthMark } from "../../parts/marks";
import { sorted, type Sort } from "./graph/match";
import type { Graph } from "./graph/model";
import { IncidentFlag } from "./IncidentFlag";
import classes from "./Topology.module.css";
import { useCursor } from "./useCursor";

type Props = {
  graph: Graph;
  places: readonly number[];
  wanted: ReadonlySet<number> | undefined;
  sort: Sort;
  sortBy: (sort: Sort) => void;
  chosen: string | undefined;
  choose: (id: string | undefined) => void;
};

const ROW_PX = { wide: 38, narrow: 56 };
const HEAD_PX = 37;
const columns: readonly { by: Sort["by"]; word: string }[] = [
  { by: "health", word: "Health" },
  { by: "kind", word: "Kind" },
  { by: "namespace", word: "Namespace" },
  { by: "name", word: "Name" },
];

export function TableView({ graph, places, wanted, sort, sortBy, chosen, choose }: Props) {
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const rows = useMemo(() => sorted(graph, wanted ? places.filter((place) => wanted.has(place)) : places, sort), [graph, places, wanted, sort.by, sort.down]);
  const rowPx = narrow ? ROW_PX.narrow : ROW_PX.wide;
  const headPx = narrow ? 0 : HEAD_PX;
  const { box, list, at, go, onKey } = useCursor({ count: rows.length, rowPx, headPx, idOf: (place) => graph.ids[rows[place] ?? -1] });
  const prefix = useId();
  const onKeys = (event: KeyboardEvent) => {
    if (event.target !== box.current || onKey(event)) return;
    if (event.key === "Enter" || event.key === " ") choose(graph.ids[rows[at] ?? -1]);
    else if (event.key === "Escape") choose(undefined);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={box} className={classes["rows"]} role="grid" aria-label="Objects of the cluster" aria-rowcount={rows.length + 1} tabIndex={0} onKeyDown={onKeys} aria-activedescendant={rows.length > 0 ? `${prefix}${at}` : undefined}>
      {!narrow && (
        <div role="row" aria-rowindex={1} className={`${classes["head"]} ${classes["cells"]}`}>
          {columns.map(({ by, word }) => (
            <div key={by} role="columnheader" aria-sort={sort.by === by ? (sort.down ? "descending" : "ascending") : "none"}>
              <UnstyledButton onClick={() => sortBy({ by, down: sort.by === by && !sort.down })}>
                {word}
                {sort.by === by && (sort.down ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />)}
              </UnstyledButton>
            </div>
          ))}
          <div role="columnheader" style={{ display: "flex", alignItems: "center" }}>
            <Text size="xs" fw={600} c="dimmed">
              State
            </Text>
          </div>
        </div>
      )}
      <div role="presentation" style={{ position: "relative", height: list.getTotalSize() }}>
        {list.getVirtualItems().map(({ index, start }) => {
          const node = graph.nodes[rows[index] ?? -1];
          const id = graph.ids[rows[index] ?? -1];
          if (!node || id === undefined) return null;
          return (
            <div
              key={id}
              id={`${prefix}${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={id === chosen}
              className={`${classes["row"]} ${classes["cells"]}`}
              data-at={index === at}
              style={{ height: rowPx, transform: `translateY(${start}px)`, display: "grid" }}
              onClick={() => {
                go(index);
                choose(id);
              }}
            >
              <span role="gridcell" style={{ display: "flex" }}>
                <HealthMark health={node.health} bare={narrow} />
              </span>
              {narrow ? (
                <span role="gridcell" style={{ minWidth: 0 }}>
                  <Text size="sm" truncate className="foreign">
                    <Text component="span" inherit c="dimmed">
                      {node.kind}{" "}
                    </Text>
                    {node.name} <IncidentFlag node={node} />
                  </Text>
                  <Text size="xs" c="dimmed" truncate className="foreign">
                    {[node.namespace, node.note].filter(Boolean).join(" · ") || <VisuallyHidden>no namespace</VisuallyHidden>}
                  </Text>
                </span>
              ) : (
                <>
                  <Text role="gridcell" component="span" size="sm" truncate className="foreign">
                    {node.kind}
                  </Text>
                  <Text role="gridcell" component="span" size="sm" c="dimmed" truncate className="foreign">
                    {node.namespace}
                  </Text>
                  <Text role="gridcell" component="span" size="sm" truncate className="foreign" fw={550}>
                    {node.name} <IncidentFlag node={node} />
                  </Text>
                  <Text role="gridcell" component="span" size="sm" c="dimmed" truncate className="foreign">
                    {node.note}
                  </Text>
                </>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
