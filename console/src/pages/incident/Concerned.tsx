// The part of the cluster that an incident touches. The graph is heavy, so it is loaded when it comes near, and never on paper.
import { Skeleton } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";

import type { Schemas } from "../../api/client";
import { Section } from "../../report/Section";

const IncidentGraph = lazy(() => import("../topology/IncidentGraph").then((module) => ({ default: module.IncidentGraph })));

const HEIGHT_PX = 360;
const NEAR = "300px";

export function Concerned({ summary }: { summary: Schemas["IncidentSummary"] }) {
  const { ref, entry } = useIntersection({ rootMargin: NEAR });
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (entry?.isIntersecting) setNear(true);
  }, [entry]);
  return (
    <div ref={ref} className="no-print">
      <Section title="What it touches">
        {near ? (
          <Suspense fallback={<Skeleton height={HEIGHT_PX} />}>
            <IncidentGraph cluster={summary.cluster} incident={summary.id} />
          </Suspense>
        ) : (
          <Skeleton height={HEIGHT_PX} animate={false} />
        )}
      </Section>
    </div>
  );
}
