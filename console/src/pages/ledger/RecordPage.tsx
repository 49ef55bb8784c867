// One record: what it says, and the proof that it stands in the log.
import { Box, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft, IconMapSearch } from "@tabler/icons-react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { answer, api, isProblem } from "../../api/client";
import { Copy } from "../../parts/copy";
import { LinkButton, LinkText } from "../../parts/links";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";
import { Ago, Instant } from "../../time/zone";
import { useNames, type Names } from "./names";
import { Offline } from "./Offline";
import { OutcomeMark, outcomes } from "./OutcomeMark";
import { ProofCard } from "./ProofCard";
import type { LedgerRecord } from "./records";
import { Subject } from "./Subject";

const recordQuery = (index: number) =>
  queryOptions({
    queryKey: ["record", index],
    // A record never changes.
    staleTime: Infinity,
    queryFn: () => answer(api.GET("/api/v1/ledger/records/{index}", { params: { path: { index } } })),
  });

export function RecordPage() {
  const { index: text } = useParams({ from: "/inside/ledger/$index" });
  const index = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const back = (
    <LinkButton to="/ledger" variant="default" leftSection={<IconArrowLeft size={16} />}>
      All records
    </LinkButton>
  );
  if (index === undefined) return <None back={back} />;
  return <Shown key={index} index={index} back={back} />;
}

function Shown({ index, back }: { index: number; back: ReactNode }) {
  const { data: record, error, refetch } = useQuery(recordQuery(index));
  const names = useNames();
  if (isProblem(error, "not_found")) return <None back={back} />;
  return (
    <Page title={`Record ${index}`} about={record && <About record={record} names={names} />} actions={back}>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!record && !error && <Lines count={8} />}
      {record && (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
          <Stack gap="lg" style={{ minWidth: 0 }}>
            <Fields record={record} names={names} />
            <Details details={record.details} />
          </Stack>
          <Stack gap="lg" style={{ minWidth: 0 }}>
            <ProofCard record={record} />
            <Offline index={index} />
          </Stack>
        </SimpleGrid>
      )}
    </Page>
  );
}

function About({ record, names }: { record: LedgerRecord; names: Names }) {
  return (
    <span className="foreign">
      {names.actor(record.actor)}: {record.action}, <Ago at={record.at} />
    </span>
  );
}

function Fields({ record, names }: { record: LedgerRecord; names: Names }) {
  const rows: readonly (readonly [string, ReactNode])[] = [
    ["When", <Instant key="at" at={record.at} />],
    ["Who", <Named key="actor" name={names.actor(record.actor)} id={record.actor} filter="actor" />],
    ["What", <Named key="action" name={record.action} id={record.action} filter="action" />],
    ["To what", <Subject key="subject" id={record.subject} name={names.of(record.subject)} />],
    [
      "Outcome",
      <Group key="outcome" gap="xs">
        <OutcomeMark outcome={record.outcome} />
        <Text span size="sm" c="dimmed">
          {outcomes[record.outcome].means}
        </Text>
      </Group>,
    ],
  ];
  return (
    <Paper p="md" component="section" aria-label="What was recorded">
      <Box component="dl" m={0}>
        {rows.map(([label, value]) => (
          <Group key={label} gap="md" py={6} align="flex-start" wrap="nowrap">
            <Text component="dt" size="sm" c="dimmed" w={76} style={{ flexShrink: 0 }}>
              {label}
            </Text>
            <Text component="dd" size="sm" m={0} style={{ minWidth: 0 }}>
              {value}
            </Text>
          </Group>
        ))}
      </Box>
    </Paper>
  );
}

/** A value that the list can be narrowed to. */
function Named({ name, id, filter }: { name: string; id: string; filter: "actor" | "action" }) {
  return (
    <>
      <LinkText to="/ledger" search={filter === "actor" ? { actor: id } : { action: id }} size="sm" className="foreign">
        {name}
      </LinkText>
      {name !== id && (
        <Text size="xs" c="dimmed" className="foreign">
          {id}
        </Text>
      )}
    </>
  );
}

function Details({ details }: { details: LedgerRecord["details"] }) {
  const text = JSON.stringify(details, null, 2);
  return (
    <Paper p="md" component="section" aria-label="Details">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          Details
        </Title>
        {details !== null && <Copy text={text} label="Copy the details" />}
      </Group>
      {details === null ? (
        <Text size="sm" c="dimmed">
          Nothing else was recorded, or the key of the organisation is gone.
        </Text>
      ) : (
        <Code block className="foreign-block" tabIndex={0} style={{ maxHeight: 480, overflow: "auto" }}>
          {text}
        </Code>
      )}
    </Paper>
  );
}

function None({ back }: { back: ReactNode }) {
  return (
    <Page title="Record">
      <Empty icon={IconMapSearch} title="There is no such record" action={back}>
        No record of your organisation has this number. Numbers in between can be those of another organisation on this platform.
      </Empty>
    </Page>
  );
}
