// The environments with their clusters: how each is, and whether facts arrive.
import { Group, Stack, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import type { Schemas } from "../../api/client";
import { CriticalityBadge } from "../../parts/criticality";
import { LinkText } from "../../parts/links";
import { HealthMark, SeverityMark } from "../../parts/marks";
import { Section } from "../../report/Section";
import { Ago } from "../../time/zone";
import { needsFirst, severities, total } from "./counts";
import classes from "./Overview.module.css";

export function Environments({ environments }: { environments: readonly Schemas["EnvironmentOverview"][] }) {
  return (
    <Stack gap="md">
      {environments.map(({ id, name, criticality, open, clusters }) => (
        <Section
          key={id}
          title={name}
          aside={
            <Group gap="sm">
              <CriticalityBadge criticality={criticality} />
              {total(open) > 0 && (
                <LinkText size="sm" to="/incidents" search={{ environment: id }}>
                  {total(open) === 1 ? "1 open incident" : `${total(open)} open incidents`}
                </LinkText>
              )}
            </Group>
          }
        >
          {clusters.length === 0 && (
            <Text size="sm" c="dimmed">
              No cluster is here yet.{" "}
              <LinkText size="sm" to="/connect">
                Connect one
              </LinkText>
            </Text>
          )}
          <div role="list" aria-label={`Clusters of ${name}`}>
            {needsFirst(clusters).map((cluster) => (
              <Cluster key={cluster.id} cluster={cluster} />
            ))}
          </div>
        </Section>
      ))}
    </Stack>
  );
}

function Cluster({ cluster: { id, name, health, connection, seen_at, objects, open } }: { cluster: Schemas["ClusterOverview"] }) {
  return (
    <div role="listitem" className={classes["cluster"]}>
      <HealthMark health={health} />
      <Link to="/topology" search={{ cluster: id }} className={`${classes["name"]} foreign`}>
        {name}
      </Link>
      <Text size="xs" c="dimmed" component="div">
        {connection === "connected" ? `${objects.toLocaleString("en")} objects` : <Broken connection={connection} seenAt={seen_at} />}
      </Text>
      <span className={classes["open"]}>
        {severities
          .filter((severity) => open[severity] > 0)
          .map((severity) => (
            <Link key={severity} to="/incidents" search={{ cluster: id, severity }} className={classes["count"]} aria-label={`${open[severity]} ${severity}, in ${name}`}>
              <SeverityMark severity={severity} bare /> <b>{open[severity]}</b>
            </Link>
          ))}
      </span>
    </div>
  );
}

/** Why nothing is heard of a cluster. */
function Broken({ connection, seenAt }: { connection: Schemas["Connection"]; seenAt: string | null | undefined }) {
  return (
    <Group gap={5} wrap="nowrap" c="var(--assent-degraded)">
      <IconPlugConnectedX size={15} aria-hidden />
      <Text size="xs" fw={550} component="span">
        {connection === "waiting" && "Its observer was never heard"}
        {connection === "revoked" && "Its key is revoked"}
        {connection === "silent" && <>Silent{seenAt && <>, heard <Ago at={seenAt} /></>}</>}
      </Text>
    </Group>
  );
}
