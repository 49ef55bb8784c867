// Which thing an arrow key goes to.
import type { Points } from "./layout";

export type Arrow = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** Steps aside cost more than steps ahead, so that an arrow stays in its row or column where it can. */
const ASIDE = 2.5;

/** The nearest in this direction; nothing where there is none. */
export function nearest(points: Points, from: number, arrow: Arrow): number | undefined {
  const start = points[from];
  if (start === undefined) return undefined;
  let found: { place: number; cost: number } | undefined;
  points.forEach(({ x, y }, place) => {
    const [right, down] = [x - start.x, y - start.y];
    const [ahead, aside] = { ArrowRight: [right, down], ArrowLeft: [-right, down], ArrowDown: [down, right], ArrowUp: [-down, right] }[arrow] as [number, number];
    if (ahead <= 0) return;
    const cost = ahead + Math.abs(aside) * ASIDE;
    if (found === undefined || cost < found.cost) found = { place, cost };
  });
  return found?.place;
}
