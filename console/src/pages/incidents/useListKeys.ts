// The keys of a list: j and k move, Enter opens (the link has the focus, so the browser does it), the rest is the page's.
import { useEffect, useRef } from "react";

import { forPage, typing } from "../../app/shell/Shortcuts";

type Keys = {
  /** How far to move: 1, -1, or to an end. */
  move: (by: 1 | -1 | "first" | "last") => void;
  search: () => void;
  leave: () => void;
  /** Other keys, by name. */
  others: Record<string, () => void>;
};

export function useListKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const stop = new AbortController();
    window.addEventListener(
      "keydown",
      (event) => {
        const { move, search, leave, others } = latest.current;
        if (event.key === "Escape" && !typing(event.target) && !document.querySelector("[aria-modal=true]")) return leave();
        if (!forPage(event)) return;
        const does: Record<string, () => void> = { j: () => move(1), k: () => move(-1), Home: () => move("first"), End: () => move("last"), "/": search, ...others };
        const act = Object.hasOwn(does, event.key) ? does[event.key] : undefined;
        if (!act || event.defaultPrevented) return;
        event.preventDefault();
        act();
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, []);
}
