// The layout of what is drawn. It is made anew only when something comes, goes or is tied differently; until then the picture before stays.
import { useEffect, useMemo, useRef, useState } from "react";

import type { View } from "./collapse";
import { layout, type Ends, type Points, type Sizes } from "./layout";
import type { LayoutAnswer, LayoutAsked } from "./layout.worker";

/** So few are laid out at once, without a moment of nothing. */
const AT_ONCE = 60;

type Drawn = { view: View; points: Points; shape: string };

export function useLayout(view: View, size: Sizes): Drawn | undefined {
  const shape = useMemo(() => shapeOf(view), [view]);
  const [drawn, setDrawn] = useState<Drawn>();
  const worker = useRef<Worker>(undefined);
  useEffect(() => () => worker.current?.terminate(), []);

  const quick = useMemo(() => (view.items.length <= AT_ONCE ? layout(view.items.length, shaping(view), size) : undefined), [shape, size]);
  useEffect(() => {
    if (quick !== undefined || drawn?.shape === shape) return;
    // What was asked for before is of no use any more.
    worker.current?.terminate();
    const asked = new Worker(new URL("layout.worker.ts", import.meta.url), { type: "module" });
    worker.current = asked;
    asked.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => setDrawn({ view, points: data.points, shape });
    asked.onerror = () => setDrawn({ view, points: layout(view.items.length, shaping(view), size), shape });
    asked.postMessage({ count: view.items.length, links: shaping(view), size } satisfies LayoutAsked);
  }, [shape, quick, size]);

  if (quick !== undefined) return { view, points: quick, shape };
  return drawn?.shape === shape ? { view, points: drawn.points, shape } : drawn;
}

/** The ties that say where things stand. */
function shaping({ links }: View): Ends[] {
  return links.filter(({ quiet }) => !quiet).map(({ from, to }) => ({ from, to }));
}

/** What a layout depends on. */
function shapeOf(view: View): string {
  return `${view.items.map(({ id }) => id).join("\n")}\n\n${shaping(view).map(({ from, to }) => `${from} ${to}`).join("\n")}`;
}
