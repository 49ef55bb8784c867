// Where one looks first: what is wrong, how the clusters are, how fast causes are found, what changed.
import { Flex, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconPlugConnected } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client";
import { incidentsQuery, overviewQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { LinkButton, LinkText } from "../../parts/links";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";
import { Section } from "../../report/Section";
import { usePeople } from "../incident/people";
import { Row } from "../incidents/Row";
import { asked } from "../incidents/search";
import { Environments } from "./Environments";
import { Figures } from "./Figures";
import { Latest } from "./Latest";
import { worstFirst } from "./counts";

const INCIDENTS_SHOWN = 6;

export function Overview() {
  const { data, error, refetch } = useQuery(overviewQuery);
  return (
    <Page title="Overview">
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Lines count={6} height={90} />}
      {data && (data.environments.some(({ clusters }) => clusters.length > 0) ? <Known overview={data} /> : <First />)}
    </Page>
  );
}

function Known({ overview }: { overview: Schemas["Overview"] }) {
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
        <Figures overview={overview} />
      </SimpleGrid>
      <Flex gap="md" direction={{ base: "column", lg: "row" }} align={{ lg: "flex-start" }}>
        <Stack gap="md" style={{ flex: "1 1 0", minWidth: 0 }} w="100%">
          <Open />
          <Environments environments={overview.environments} />
        </Stack>
        <Stack w={{ base: "100%", lg: 380 }} style={{ flexShrink: 0 }}>
          <Latest today={overview.today} environments={overview.environments} />
        </Stack>
      </Flex>
    </Stack>
  );
}

/** The worst of what is open. */
function Open() {
  const me = useMe();
  const people = usePeople();
  const { data, error, refetch } = useInfiniteQuery(incidentsQuery(asked({})));
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const shown = worstFirst(items).slice(0, INCIDENTS_SHOWN);
  return (
    <Section
      title="Open incidents"
      aside={
        <LinkText size="sm" to="/incidents">
          All incidents
        </LinkText>
      }
    >
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Lines count={4} height={50} />}
      {data && items.length === 0 && (
        <Flex gap="xs" align="center" py="xs">
          <IconCircleCheck size={20} color="var(--assent-healthy)" aria-hidden />
          <Text size="sm">Nothing is wrong in the clusters that you may see.</Text>
        </Flex>
      )}
      <div role="list" aria-label="Open incidents, the worst first">
        {shown.map((incident) => (
          <div role="listitem" key={incident.id}>
            <Row
              incident={incident}
              picked={false}
              picking={false}
              brief
              who={incident.assignee ? people.nameOf(incident.assignee) : undefined}
              mine={incident.assignee != null && incident.assignee === me.account}
            />
          </div>
        ))}
      </div>
    </Section>
  );
}

function First() {
  return (
    <Empty icon={IconPlugConnected} title="No cluster is connected yet" action={<LinkButton to="/connect">Connect a cluster</LinkButton>}>
      A read-only observer in the cluster tells what it sees, and can do nothing else. What is wrong, and why, then shows here.
    </Empty>
  );
}
