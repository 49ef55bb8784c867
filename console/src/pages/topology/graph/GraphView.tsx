// The graph drawn: dependants on the left of what they depend on. Pointing at something, or going to it by keys, shows who is concerned
// when it fails.
import "@xyflow/react/dist/style.css";

import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { useMediaQuery, useReducedMotion } from "@mantine/hooks";
import { IconFoldDown, IconX } from "@tabler/icons-react";
import { Background, Controls, MarkerType, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Edge } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent } from "react";

import { blastRadius, concernedWords } from "./blast";
import { viewOf, type Item, type Link } from "./collapse";
import classes from "./Graph.module.css";
import { ItemCard, type ItemNode, type Light } from "./ItemCard";
import type { Graph } from "./model";
import { nearest, type Arrow } from "./nearest";
import { unitsOf, type Unit } from "./units";
import { useLayout } from "./useLayout";
import { useOpen } from "./useOpen";
import { itemName, itemWords } from "./words";

type Props = {
  graph: Graph;
  places: readonly number[];
  /** Changes when something else is shown, and not when the same is shown anew. */
  scope: string;
  chosen?: string | undefined;
  choose: (id: string | undefined) => void;
  /** Objects that are looked for; the others are faint. */
  wanted?: ReadonlySet<number> | undefined;
  /** Inside a page that scrolls: wheel and finger scroll the page, and the buttons zoom. */
  embedded?: boolean;
};

const SIZE = { width: 210, height: 48, aspect: 2 };
const NARROW = { ...SIZE, aspect: 0.7 };
const nodeTypes = { item: ItemCard };
const MOVE_MS = 250;

export function GraphView(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({ graph, places, scope, chosen, choose, wanted, embedded = false }: Props) {
  const flow = useReactFlow();
  const ready = useStore(({ width, nodeLookup }) => width > 0 && nodeLookup.size > 0);
  const scheme = useComputedColorScheme();
  const still = useReducedMotion();
  const touch = useMediaQuery("(pointer: coarse)", false, { getInitialValueInEffect: false });
  const frame = useRef<HTMLDivElement>(null);
  const units = useMemo(() => unitsOf(graph, places), [graph, places]);
  const { open, turn, reset, changed } = useOpen(graph, units, scope);
  const next = useMemo(() => viewOf(graph, units, open), [graph, units, open]);
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const drawn = useLayout(next, narrow ? NARROW : SIZE);
  const [pointed, setPointed] = useState<string>();
  const show = useRef<string[] | "all">("all");
  const keyed = useRef(false);

  const toggle = useCallback(
    (item: Item) => {
      show.current = item.open ? [item.id] : item.unit.inside.map(({ id }) => id);
      turn(item.id);
    },
    [turn],
  );
  useEffect(() => {
    show.current = "all";
  }, [scope]);
  // The first picture fits the frame; later ones bring what was opened into sight.
  useEffect(() => {
    if (drawn === undefined || !ready) return;
    const what = show.current;
    show.current = [];
    if (what !== "all" && what.length === 0) return;
    const nodes = what === "all" ? {} : { nodes: what.map((id) => ({ id })) };
    const byKey = keyed.current;
    keyed.current = false;
    const frameDone = requestAnimationFrame(() => {
      void flow.fitView({ ...nodes, padding: 0.12, maxZoom: 1, minZoom: what === "all" ? 0.2 : 0.4, duration: still || what === "all" ? 0 : MOVE_MS });
      // What had the focus is not there any more, or stands elsewhere.
      if (byKey && what !== "all" && what[0] !== undefined) focusItem(what[0]);
    });
    return () => cancelAnimationFrame(frameDone);
  }, [drawn?.shape, scope, flow, still, ready]);

  const view = drawn?.view;
  const placeOf = useMemo(() => new Map(view?.items.map(({ id }, at) => [id, at])), [view]);
  const chosenAt = view?.itemOf[graph.places.get(chosen ?? "") ?? -1] ?? -1;
  const source = (pointed === undefined ? undefined : placeOf.get(pointed)) ?? (chosenAt >= 0 ? chosenAt : undefined);
  const concerned = useMemo(() => {
    const item = source === undefined ? undefined : view?.items[source];
    if (!view || !item) return undefined;
    const failed = item.open && item.unit.node !== undefined ? [item.unit.node] : item.unit.members;
    const objects = blastRadius(graph, failed);
    const items = new Set([...objects].map((place) => view.itemOf[place] ?? -1));
    return { item, objects, items };
  }, [graph, view, source]);

  const lightOf = (at: number): Light => {
    if (at === source) return "source";
    if (concerned?.items.has(at)) return "lit";
    return wanted && !view?.items[at]?.unit.members.some((place) => wanted.has(place) && view.itemOf[place] === at) ? "off" : undefined;
  };
  const labels = useMemo(() => view?.items.map((item) => itemWords(graph, item)) ?? [], [graph, view]);
  const nodes = useSame(
    (view?.items ?? []).map((item, at): ItemNode => ({
      id: item.id,
      type: "item",
      position: drawn?.points[at] ?? { x: 0, y: 0 },
      data: { graph, item, light: lightOf(at), chosen: at === chosenAt, toggle },
      ariaLabel: labels[at] ?? "",
      width: SIZE.width,
      height: SIZE.height,
    })),
  );
  const lines = useMemo(() => (view?.links ?? []).map((link) => ({ link, edge: edgeOf(view?.items ?? [], link) })), [view]);
  const edges = useMemo(() => {
    const reached = (at: number) => at === source || concerned?.items.has(at) === true;
    const shown = lines.filter(({ link }) => !link.quiet || link.from === source || link.to === source);
    return shown.map(({ link, edge }) => (source !== undefined && reached(link.from) && reached(link.to) ? { ...edge, className: "lit" } : edge));
  }, [lines, source, concerned]);

  const focusItem = (id: string) => frame.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus();
  const onKey = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    const at = id === undefined ? undefined : placeOf.get(id);
    const item = at === undefined ? undefined : view?.items[at];
    if (event.key === "Escape") {
      choose(undefined);
      setPointed(undefined);
    }
    if (at === undefined || !item || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      keyed.current = item.opens && (event.key === " " || item.unit.node === undefined);
      act(item, event.key === " ");
    }
    else if (event.key.startsWith("Arrow") && drawn) {
      const other = view?.items[nearest(drawn.points, at, event.key as Arrow) ?? -1];
      if (!other) return;
      void flow.fitView({ nodes: [{ id: other.id }], maxZoom: flow.getZoom(), minZoom: flow.getZoom(), duration: still ? 0 : MOVE_MS });
      focusItem(other.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const act = (item: Item, fold: boolean) => {
    if (item.opens && (fold || item.unit.node === undefined)) toggle(item);
    else if (item.unit.node !== undefined) choose(graph.ids[item.unit.node]);
  };
  const onFocus = ({ target }: FocusEvent) => {
    const node = target.closest<HTMLElement>(".react-flow__node:focus-visible");
    setPointed(node?.dataset["id"]);
  };

  const groups = openGroups(units, open);
  const said = concerned && `If ${itemName(graph, concerned.item)} fails, ${concernedWords(graph, concerned.objects)}.`;
  return (
    <div ref={frame} className={classes["frame"]} data-pointing={pointed !== undefined} data-lit={source !== undefined} onKeyDownCapture={onKey} onFocusCapture={onFocus} onBlurCapture={() => setPointed(undefined)}>
      {!drawn && <Skeleton className={classes["wait"] ?? ""} />}
      <ReactFlow
        className={classes["flow"] ?? ""}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        onlyRenderVisibleElements={nodes.length > DRAWN_WHOLE}
        zoomOnScroll={!embedded}
        preventScrolling={!embedded}
        panOnDrag={!embedded || !touch}
        minZoom={0.05}
        maxZoom={1.5}
        onNodeMouseEnter={(_, { id }) => setPointed(id)}
        onNodeMouseLeave={() => setPointed(undefined)}
        onNodeClick={(_, { data: { item } }) => act(item, false)}
        onPaneClick={() => choose(undefined)}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{ "node.a11yDescription.default": "Enter shows it, Space opens or folds it, arrows go to the next." }}
      >
        <Background gap={22} size={1} />
        <Controls showInteractive={false} />
      </ReactFlow>
      <span className={classes["credit"]}>Drawn with React Flow</span>
      {(changed || groups.length > 0) && (
        <div className={classes["chips"]}>
          {changed && (
            <Button size="compact-sm" variant="default" leftSection={<IconFoldDown size={14} />} onClick={() => ((show.current = "all"), reset())}>
              As at first
            </Button>
          )}
          {groups.slice(0, GROUPS_NAMED).map((unit) => (
            <Button key={unit.id} size="compact-sm" variant="default" rightSection={<IconX size={13} />} aria-label={`Fold ${unit.group?.label ?? ""}`} onClick={() => ((show.current = [unit.id]), turn(unit.id))}>
              {unit.group?.label}
            </Button>
          ))}
        </div>
      )}
      <div className={classes["said"]} role="status" aria-live="polite">
        {said && <p className="foreign">{said}</p>}
      </div>
    </div>
  );
}

/** So many at most stand in the page as a whole; of more, only those in sight. */
const DRAWN_WHOLE = 400;
const GROUPS_NAMED = 6;

function edgeOf(items: readonly Item[], { from, to, ties }: Link): Edge {
  return {
    id: `${from} ${to}`,
    source: items[from]?.id ?? "",
    target: items[to]?.id ?? "",
    style: { strokeWidth: ties > 20 ? 3 : ties > 3 ? 2 : 1 },
    markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
  };
}

/** Open folds that have no card of their own to close them with. Where everything is open, it all fits, and nothing needs closing. */
function openGroups(units: readonly Unit[], open: ReadonlySet<string>): Unit[] {
  const groups = (list: readonly Unit[]): Unit[] => list.flatMap((unit) => (unit.group ? [unit, ...(open.has(unit.id) ? groups(unit.inside) : [])] : []));
  const all = groups(units);
  return all.every(({ id }) => open.has(id)) ? [] : all.filter(({ id }) => open.has(id));
}

/** The nodes, with those that did not change as they were, so that only the others are drawn anew. */
function useSame(nodes: ItemNode[]): ItemNode[] {
  const before = useRef(new Map<string, ItemNode>());
  const same = nodes.map((node) => {
    const old = before.current.get(node.id);
    const kept =
      old &&
      old.position.x === node.position.x &&
      old.position.y === node.position.y &&
      (Object.keys(node.data) as (keyof ItemNode["data"])[]).every((key) => old.data[key] === node.data[key]);
    return kept ? old : node;
  });
  before.current = new Map(same.map((node) => [node.id, node]));
  return same;
}
