// Keeps a list still while somebody works in it, and moves through it by keys.
import { useCallback, useEffect, useMemo, useState } from "react";

import { arrange } from "./order";

/** Rows keep their place while somebody is down the list or works in it; at the top of an untouched list news come in by themselves. */
export function useSteady<T extends { id: string }>(fresh: T[], of: string, isOld: boolean) {
  const [shown, setShown] = useState<{ of: string; ids: string[] }>({ of, ids: [] });
  const arranged = useMemo(() => arrange(shown.of === of ? shown.ids : [], fresh), [shown, of, fresh]);
  useEffect(() => {
    if (isOld) return;
    const busy = window.scrollY > 0 || document.querySelector("[data-picked], [role=list] :focus-visible, [aria-modal=true]") !== null;
    setShown((before) => ({ of, ids: (before.of === of && busy ? arrange(before.ids, fresh).rows : fresh).map(({ id }) => id) }));
  }, [fresh, of, isOld]);
  const showAll = useCallback(() => {
    setShown({ of, ids: fresh.map(({ id }) => id) });
    window.scrollTo({ top: 0 });
  }, [fresh, of]);
  return { ...arranged, showAll };
}

/** What a key moves to from the row that has the focus, or was chosen last. */
export function moved<T extends { id: string }>(rows: readonly T[], from: string | undefined, by: 1 | -1 | "first" | "last"): string | undefined {
  const at = rows.findIndex(({ id }) => id === from);
  const to = by === "first" ? 0 : by === "last" ? rows.length - 1 : Math.min(Math.max(at + by, 0), rows.length - 1);
  return rows[to]?.id;
}

/** The entry whose row has the focus, by the attribute that rows carry their id in. */
export function focusedRow(name: string): string | undefined {
  return document.activeElement?.closest("[role=listitem]")?.querySelector<HTMLElement>(`[data-${name}]`)?.dataset[name];
}

/** Focuses a row once it exists: one far away is only made when the list has scrolled there. */
export function focusSoon(name: string, id: string | undefined, tries = 10): void {
  if (id === undefined) return;
  const row = document.querySelector<HTMLElement>(`[data-${name}="${CSS.escape(id)}"]`);
  // At once where it can be: Enter may follow before the next frame.
  if (row) row.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => focusSoon(name, id, tries - 1));
}
