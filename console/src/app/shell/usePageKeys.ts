// The keys of a page, as long as no field and no dialog has them. Those of a list: j and k move, Enter opens (the link has the focus, so the
// browser does it).
import { useEffect, useRef } from "react";

import { forPage } from "./Shortcuts";

type Keys = {
  /** How far to move: 1, -1, or to an end. */
  move?: (by: 1 | -1 | "first" | "last") => void;
  search?: () => void;
  leave?: () => void;
  /** Other keys, by name. */
  others?: Record<string, () => void>;
};

/** What each key does. */
function meanings({ move, search, leave, others }: Keys): Record<string, () => void> {
  return {
    ...(move && { j: () => move(1), k: () => move(-1), Home: () => move("first"), End: () => move("last") }),
    ...(search && { "/": search }),
    ...(leave && { Escape: leave }),
    ...others,
  };
}

export function usePageKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const stop = new AbortController();
    window.addEventListener(
      "keydown",
      (event) => {
        if (event.defaultPrevented || !forPage(event)) return;
        const does = meanings(latest.current);
        const act = Object.hasOwn(does, event.key) ? does[event.key] : undefined;
        if (!act) return;
        event.preventDefault();
        act();
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, []);
}
