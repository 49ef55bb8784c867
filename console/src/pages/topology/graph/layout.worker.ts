// Lays out beside the page, so that a large graph does not hold it up.
import { layout, type Ends, type Points, type Sizes } from "./layout";

export type LayoutAsked = { count: number; links: readonly Ends[]; size: Sizes };
export type LayoutAnswer = { points: Points };

self.onmessage = ({ data: { count, links, size } }: MessageEvent<LayoutAsked>) => {
  self.postMessage({ points: layout(count, links, size) } satisfies LayoutAnswer);
};
