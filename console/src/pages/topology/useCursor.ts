// A cursor in a long list of which only the visible rows exist: arrows move it, and the list follows.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";

type Cursor = { count: number; rowPx: number; idOf: (at: number) => string | undefined; headPx?: number };

const OVERSCAN = 12;

export function useCursor({ count, rowPx, idOf, headPx = 0 }: Cursor) {
  const box = useRef<HTMLDivElement>(null);
  const [id, setId] = useState<string>();
  const kept = useRef(0);
  const list = useVirtualizer({ count, estimateSize: () => rowPx, overscan: OVERSCAN, getScrollElement: () => box.current, scrollPaddingStart: headPx });
  // The cursor stays with its row when others come and go, and near its place when its own row goes.
  let at = Math.min(kept.current, count - 1);
  if (id !== undefined && idOf(at) !== id) {
    for (let place = 0; place < count; place++) if (idOf(place) === id) at = place;
  }
  kept.current = Math.max(at, 0);
  useEffect(() => list.measure(), [rowPx, list]);

  const go = (to: number) => {
    const place = Math.min(Math.max(to, 0), count - 1);
    kept.current = place;
    setId(idOf(place));
    list.scrollToIndex(place, { align: "auto" });
  };
  /** Moves by the keys that lists have; whether it did. */
  const onKey = (event: KeyboardEvent): boolean => {
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? rowPx) - headPx) / rowPx) - 1);
    const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, j: at + 1, k: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 };
    const place = Object.hasOwn(to, event.key) && !event.ctrlKey && !event.metaKey && !event.altKey ? to[event.key] : undefined;
    if (place === undefined) return false;
    event.preventDefault();
    event.stopPropagation();
    go(place);
    return true;
  };
  return { box, list, at: kept.current, go, onKey };
}
