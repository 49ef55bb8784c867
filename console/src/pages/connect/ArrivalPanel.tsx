// What has come of a new cluster so far, live, with what to look at when nothing comes.
import { Alert, Badge, Code, Group, List, Loader, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconCheck, IconCircleDashed, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { clusterQuery } from "../../api/queries";
import { CopyBlock } from "../../parts/copy";
import { LinkButton } from "../../parts/links";
import { HealthMark } from "../../parts/marks";
import { Lines, Problem } from "../../parts/states";
import { arrival, type Arrival, type Step } from "./arrival";

const ASK_EACH_MS = 3_000;

export function ArrivalPanel({ cluster: id }: { cluster: string }) {
  const [since] = useState(Date.now);
  const [now, setNow] = useState(Date.now);
  const cluster = useQuery({ ...clusterQuery(id), refetchInterval: ASK_EACH_MS });
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ASK_EACH_MS);
    return () => clearInterval(timer);
  }, []);
  if (cluster.isPending) return <Lines count={3} />;
  if (!cluster.data) return <Problem error={cluster.error} retry={() => void cluster.refetch()} />;
  const { name, health, observer } = cluster.data;
  const { steps, arrived, stuck } = arrival(cluster.data, since, now);
  const blind = observer?.cannot_see ?? [];
  return (
    <Paper p={{ base: "md", sm: "lg" }} component="section" aria-label="Arrival">
      <Stack>
        <Group justify="space-between">
          <Title order={2} size="h4">
            <span className="foreign">{name}</span> {arrived ? "is connected" : "is on its way"}
          </Title>
          {arrived && <HealthMark health={health} />}
        </Group>
        <List listStyleType="none" spacing="sm" aria-live="polite">
          {steps.map((step) => (
            <List.Item key={step.title} icon={<StepMark state={step.state} />} aria-current={step.state === "now" ? "step" : undefined}>
              <Text size="sm" fw={550}>
                {step.title}
              </Text>
              <Text size="sm" c="dimmed">
                {step.words}
              </Text>
            </List.Item>
          ))}
        </List>
        {stuck && <Stuck why={stuck} />}
        {blind.length > 0 && (
          <Alert color="yellow" variant="light" title="What it cannot see">
            <Text size="sm" mb={6}>
              Not granted, or not served by this cluster. What stands there goes unexplained:
            </Text>
            <Group gap={6}>
              {blind.map((kind) => (
                <Badge key={kind} variant="outline" color="gray" tt="none" className="foreign">
                  {kind}
                </Badge>
              ))}
            </Group>
          </Alert>
        )}
        {cluster.error && <Problem error={cluster.error} />}
        <Group>
          {arrived && (
            <LinkButton to="/incidents" search={{ cluster: id }}>
              Open its incidents
            </LinkButton>
          )}
          <LinkButton to="/topology" search={{ cluster: id }} variant="default">
            Topology
          </LinkButton>
          <LinkButton to="/settings/clusters" search={{ cluster: id }} variant="default">
            Settings of the cluster
          </LinkButton>
        </Group>
      </Stack>
    </Paper>
  );
}

function StepMark({ state }: { state: Step["state"] }) {
  if (state === "now") return <Loader size={24} aria-label="Under way" />;
  if (state === "done")
    return (
      <ThemeIcon size={24} radius="xl" aria-label="Done">
        <IconCheck size={15} />
      </ThemeIcon>
    );
  if (state === "wrong")
    return (
      <ThemeIcon size={24} radius="xl" color="red" aria-label="Failed">
        <IconX size={15} />
      </ThemeIcon>
    );
  return <IconCircleDashed size={24} color="var(--assent-unknown)" aria-label="Not yet" role="img" />;
}

function Stuck({ why }: { why: NonNullable<Arrival["stuck"]> }) {
  const titles: Record<typeof why, string> = {
    waiting: "Nothing yet? Look here",
    empty: "It is connected, and no facts arrive",
    unjudged: "Facts arrive, and its health is still unknown",
    silent: "The observer has fallen silent",
    revoked: "Its key is revoked",
  };
  return (
    <Alert color="yellow" variant="light" title={titles[why]} role="status">
      <Stack gap="xs">
        {why === "revoked" ? (
          <Text size="sm">Rotate the key in the settings of the cluster, and apply the new manifest.</Text>
        ) : (
          <>
            <List size="sm" spacing={4} type="ordered">
              {why === "waiting" && <List.Item>Was the manifest applied, and to the right cluster? The pod should be running:</List.Item>}
              {why !== "waiting" && <List.Item>Its log says what it cannot read or reach:</List.Item>}
            </List>
            <CopyBlock text={why === "waiting" ? "kubectl -n assent-observer get pods" : "kubectl -n assent-observer logs deploy/assent-observer"} label="Copy command" />
            <List size="sm" spacing={4} type="ordered" start={2}>
              {why === "waiting" && (
                <>
                  <List.Item>
                    <Code>ImagePullBackOff</Code>: the cluster cannot fetch the image. <Code>observer_image</Code> in the platform’s configuration names another.
                  </List.Item>
                  <List.Item>
                    Restarting with exit code 3: the account may do more than an observer may, and the log names the right. Take it away.
                  </List.Item>
                  <List.Item>Running, and still nothing here: the cluster does not reach the address, or does not trust its certificate. The log says which.</List.Item>
                </>
              )}
              {why === "empty" && <List.Item>A large cluster takes a while: 10,000 pods arrive in less than a minute.</List.Item>}
              {why === "unjudged" && <List.Item>Some kind of the core profile may be missing from its ClusterRole. Apply the manifest again.</List.Item>}
              {why === "silent" && <List.Item>What it sees meanwhile is buffered, sealed, and sent once it reaches Assent again.</List.Item>}
            </List>
            {why === "waiting" && <CopyBlock text="kubectl -n assent-observer logs deploy/assent-observer" label="Copy command" />}
          </>
        )}
      </Stack>
    </Alert>
  );
}
