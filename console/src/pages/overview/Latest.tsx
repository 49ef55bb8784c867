// What happened within the last day, newest first.
import { Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconBulb, IconCircleCheck, IconPencil, IconUser, type Icon } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { EntityName } from "../../parts/entity";
import { LinkText } from "../../parts/links";
import { Prose } from "../../report/Prose";
import { Section } from "../../report/Section";
import { said, sentence } from "../../report/words";
import { Ago } from "../../time/zone";
import { usePeople } from "../incident/people";
import { joined, type Happening } from "./counts";
import classes from "./Overview.module.css";

type Item = Schemas["OverviewItem"];

const kinds: Record<Item["kind"], { word: string; icon: Icon; colour: string }> = {
  opened: { word: "Opened", icon: IconAlertTriangle, colour: "var(--assent-broken)" },
  explained: { word: "Explained", icon: IconBulb, colour: "var(--mantine-color-anchor)" },
  resolved: { word: "Resolved", icon: IconCircleCheck, colour: "var(--assent-healthy)" },
  change: { word: "Changed", icon: IconPencil, colour: "var(--assent-degraded)" },
  act: { word: "Done by somebody", icon: IconUser, colour: "var(--assent-unknown)" },
};

export function Latest({ today, environments }: { today: Schemas["Today"]; environments: readonly Schemas["EnvironmentOverview"][] }) {
  const clusters = new Map(environments.flatMap((environment) => environment.clusters.map(({ id, name }) => [id, name] as const)));
  return (
    <Section title="What happened" about="The latest of the last 24 hours.">
      {today.latest.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing opened, changed or closed.
        </Text>
      )}
      <ol className={classes["latest"]}>
        {joined(today.latest).map((item, index) => (
          <Line key={`${item.at} ${item.kind} ${item.incident ?? ""} ${index}`} item={item} cluster={clusters.size > 1 ? clusters.get(item.cluster) : undefined} />
        ))}
      </ol>
    </Section>
  );
}

function Line({ item: { at, kind, text, incident, entity, by, openedAt }, cluster }: { item: Happening; cluster: string | undefined }) {
  const people = usePeople();
  const { word, icon: Icon, colour } = kinds[kind];
  const words = <Prose text={sentence(people.named(said(text)))} />;
  return (
    <li className={classes["item"]}>
      <Icon size={17} color={colour} role="img" aria-label={word} style={{ marginBlockStart: 2 }} />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" component="div">
          {incident ? (
            <LinkText size="sm" c="inherit" to="/incidents/$incident" params={{ incident }}>
              {words}
            </LinkText>
          ) : (
            words
          )}
        </Text>
        <Group gap="xs">
          <Text size="xs" c="dimmed" component="span" className="foreign">
            {[openedAt === undefined ? word : "Opened and explained", cluster].filter(Boolean).join(" · ")} · <Ago at={at} />
            {by && ` · ${people.nameOfActor(by)}`}
          </Text>
          {entity && !text.includes(entity.name) && <EntityName entity={entity} size="xs" />}
        </Group>
      </div>
    </li>
  );
}
