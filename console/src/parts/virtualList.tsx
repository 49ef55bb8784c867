// A long list of which only the visible rows exist. The window scrolls, so the browser's own keys and find-in-page feel stay.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";

type Rows<T> = {
  items: readonly T[];
  estimatePx: number;
  keyOf: (item: T) => string;
  row: (item: T, index: number) => ReactNode;
  /** Asked for when the end comes near. */
  more?: (() => void) | undefined;
  /** The row to keep in view: the one that keys have chosen. */
  chosen?: number | undefined;
  label: string;
};

const OVERSCAN = 8;
/** Rows before the end at which the next page is asked for. */
const NEAR_END = 20;
/** What the header of the frame, and some air, take from the window. */
const PADDING_PX = { top: 64, bottom: 76 };

export function VirtualList<T>({ items, estimatePx, keyOf, row, more, chosen, label }: Rows<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  // Whatever stands above the list may change its height at any time.
  useLayoutEffect(() => {
    const rect = box.current?.getBoundingClientRect();
    if (rect) setTop(Math.round(rect.top + window.scrollY));
  });
  const list = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => estimatePx,
    overscan: OVERSCAN,
    scrollMargin: top,
    scrollPaddingStart: PADDING_PX.top,
    scrollPaddingEnd: PADDING_PX.bottom,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const shown = list.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (more && items.length > 0 && last >= items.length - NEAR_END) more();
  }, [last, items.length, more]);
  useEffect(() => {
    if (chosen !== undefined && chosen >= 0 && chosen < items.length) list.scrollToIndex(chosen, { align: "auto" });
  }, [chosen]);

  return (
    <div ref={box} role="list" aria-label={label} style={{ position: "relative", height: list.getTotalSize() }}>
      {shown.map((virtual) => {
        const item = items[virtual.index];
        if (item === undefined) return null;
        return (
          <div
            key={virtual.key}
            ref={list.measureElement}
            data-index={virtual.index}
            role="listitem"
            aria-setsize={items.length}
            aria-posinset={virtual.index + 1}
            style={{ position: "absolute", insetInline: 0, top: 0, transform: `translateY(${virtual.start - list.options.scrollMargin}px)` }}
          >
            {row(item, virtual.index)}
          </div>
        );
      })}
    </div>
  );
}
