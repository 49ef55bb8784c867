import { IconFlame } from "@tabler/icons-react";

import type { GraphNode } from "./graph/model";
import { incidentWords } from "./graph/words";

/** Says that an object is part of an incident. */
export function IncidentFlag({ node }: { node: GraphNode | undefined }) {
  const count = node?.incidents?.length ?? 0;
  if (count === 0) return null;
  return <IconFlame size={16} color="var(--assent-broken)" role="img" aria-label={incidentWords(count)} style={{ flexShrink: 0 }} />;
}
