// What a plan reaches, in three circles: as lists from its bytes, and drawn on the graph of its cluster, which is loaded when it comes near.
import { Button, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";

import { EntityName } from "../../parts/entity";
import { seen } from "../../plan/json";
import type { Circle, Plan } from "../../plan/plan";
import { Section } from "../../report/Section";
import classes from "./Plan.module.css";

const ReachGraph = lazy(() => import("./ReachGraph").then((module) => ({ default: module.ReachGraph })));

const HEIGHT_PX = 340;
const NEAR = "300px";
const NAMED = 6;

const circles = [
  ["direct", "Direct", "changed or replaced"],
  ["adjacent", "Adjacent", "tied to that by one step"],
  ["downstream", "Downstream", "depends on it further on"],
] as const;

export function Reach({ plan, cluster }: { plan: Plan; cluster: string }) {
  const { ref, entry } = useIntersection({ rootMargin: NEAR });
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (entry?.isIntersecting) setNear(true);
  }, [entry]);
  return (
    <Section title="What it reaches" about="As the cluster stood when the plan was drawn. What was not captured is not counted.">
      <div className={classes["circles"]}>
        {circles.map(([name, title, means]) => (
          <Listed key={name} circle={plan.blast_radius[name]} title={title} means={means} />
        ))}
      </div>
      <div ref={ref} className="no-print" style={{ marginTop: 12 }}>
        {near ? (
          <Suspense fallback={<Skeleton height={HEIGHT_PX} />}>
            <ReachGraph plan={plan} cluster={cluster} height={HEIGHT_PX} />
          </Suspense>
        ) : (
          <Skeleton height={HEIGHT_PX} animate={false} />
        )}
      </div>
    </Section>
  );
}

function Listed({ circle, title, means }: { circle: Circle; title: string; means: string }) {
  const [all, setAll] = useState(false);
  const named = all ? circle.objects : circle.objects.slice(0, NAMED);
  const hidden = circle.objects.length - named.length;
  const unnamed = circle.count - circle.objects.length;
  return (
    <div>
      <Title order={3} size="h6">
        {title} ({circle.count.toLocaleString("en")})
      </Title>
      <Text size="xs" c="dimmed" mb={4}>
        {means}
      </Text>
      <Stack gap={3}>
        {circle.count === 0 && <Text size="sm">Nothing</Text>}
        {named.map(({ object, how }, at) => (
          <div key={at} title={seen(how)}>
            <EntityName entity={object} />
          </div>
        ))}
        {hidden > 0 && (
          <div>
            <Button size="compact-xs" variant="subtle" onClick={() => setAll(true)}>
              {hidden} more
            </Button>
          </div>
        )}
        {hidden === 0 && unnamed > 0 && (
          <Text size="sm" c="dimmed">
            and {unnamed.toLocaleString("en")} that the plan does not name
          </Text>
        )}
      </Stack>
    </div>
  );
}
