// What happened, newest first: changes of objects, what Kubernetes said, symptoms, how the incident moved, and who did what.
import { Chip, Group, Stack, Text } from "@mantine/core";
import { IconActivityHeartbeat, IconFlag, IconMessageReport, IconPencil, IconUser, type Icon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { timelineQuery } from "../../api/queries";
import { EntityName } from "../../parts/entity";
import { Lines, Problem } from "../../parts/states";
import { Prose } from "../../report/Prose";
import { Section } from "../../report/Section";
import { instants, said, sentence } from "../../report/words";
import { absolute } from "../../time/format";
import { Instant, useZone } from "../../time/zone";
import type { People } from "./people";
import { readKinds, timelineKinds, type TimelineKind } from "./search";
import { counts, days, type Entry } from "./timeline";
import classes from "./Timeline.module.css";

const words: Record<TimelineKind, { word: string; many: string; icon: Icon }> = {
  finding: { word: "Symptom", many: "Symptoms", icon: IconActivityHeartbeat },
  change: { word: "Change", many: "Changes", icon: IconPencil },
  event: { word: "Event", many: "Events", icon: IconMessageReport },
  state: { word: "Progress", many: "Progress", icon: IconFlag },
  act: { word: "Act", many: "Acts", icon: IconUser },
};

type Props = { incident: string; kinds: string | undefined; onKinds: (kinds: string) => void; people: People };

export function Timeline({ incident, kinds, onKinds, people }: Props) {
  const { data, error, refetch } = useQuery(timelineQuery(incident));
  const zone = useZone();
  const chosen = readKinds(kinds);
  const count = counts(data ?? []);
  const shown = days(data ?? [], chosen, zone.name);
  return (
    <Section
      title="Timeline"
      aside={
        <Chip.Group multiple value={[...chosen]} onChange={(next) => onKinds(next.join(","))}>
          <Group gap={4} role="group" aria-label="Show only" className="no-print">
            {timelineKinds
              .filter((kind) => count.has(kind) || chosen.includes(kind))
              .map((kind) => (
                <Chip key={kind} value={kind} size="xs" variant="outline">
                  {words[kind].many} {count.get(kind) ?? 0}
                </Chip>
              ))}
          </Group>
        </Chip.Group>
      }
    >
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Lines count={4} height={26} />}
      {data && shown.length === 0 && (
        <Text size="sm" c="dimmed">
          {data.length === 0 ? "Nothing is kept of it." : "Nothing of these kinds."}
        </Text>
      )}
      <Stack gap="sm">
        {shown.map(({ day, entries }) => (
          <div key={day}>
            {(shown.length > 1 || day !== today(zone.name)) && (
              <Text size="xs" fw={650} c="dimmed" mb={4}>
                {day}
              </Text>
            )}
            <ol className={classes["entries"]}>
              {entries.map((entry, index) => (
                <Line key={`${entry.at} ${entries.length - index}`} entry={entry} people={people} zone={zone.name} />
              ))}
            </ol>
          </div>
        ))}
      </Stack>
    </Section>
  );
}

function today(zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
}

function Line({ entry: { at, kind, text, entity, by }, people, zone }: { entry: Entry; people: People; zone: string }) {
  const { word, icon: Icon } = words[kind];
  // What was said or observed stays as it was; what the platform tells has names and instants as the rest of the page.
  const told = kind === "act" || kind === "state" ? instants(people.named(text), (instant) => absolute(instant, zone)) : said(text);
  const named = entity && text.includes(entity.name);
  return (
    <li className={classes["entry"]}>
      <Text size="xs" c="dimmed" component="span" className={classes["at"]}>
        <Instant at={at} short />
      </Text>
      <span className={classes["kind"]} data-kind={kind} title={word}>
        <Icon size={14} aria-label={word} role="img" />
      </span>
      <Text size="sm" component="div" style={{ minWidth: 0 }}>
        <Prose text={sentence(told)} />
        {entity && !named && (
          <>
            {" "}
            <EntityName entity={entity} size="xs" />
          </>
        )}
        {by && (
          <Text span size="xs" c="dimmed" className="foreign">
            {" "}
            by {people.nameOfActor(by)}
          </Text>
        )}
      </Text>
    </li>
  );
}
