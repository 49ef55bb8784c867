// One incident: what is wrong and why, with the evidence; what happened; what people do about it.
import { ActionIcon, Box, Flex, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconHourglass } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { NotFound } from "../../app/fallbacks";
import { isProblem, type Schemas } from "../../api/client";
import { usePageKeys } from "../../app/shell/usePageKeys";
import { may } from "../../api/may";
import { incidentQuery, incidentsQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { LinkText } from "../../parts/links";
import { SeverityMark, StateBadge } from "../../parts/marks";
import { Empty, Lines, Problem } from "../../parts/states";
import { EvidenceContext } from "../../report/Cites";
import { allEvidence } from "../../report/evidence";
import { EvidenceDrawer } from "../../report/EvidenceDrawer";
import { PrintedEvidence } from "../../report/PrintedEvidence";
import { ReportView } from "../../report/ReportView";
import { Ago } from "../../time/zone";
import { asked } from "../incidents/search";
import { Actions, type Dialog } from "./Actions";
import { useIncidentActs } from "./acts";
import { Asks } from "./Asks";
import { Comments } from "./Comments";
import { Concerned } from "./Concerned";
import { Details } from "./Details";
import { Excerpt } from "./Excerpt";
import { lastList, neighbours } from "./lastList";
import { Notices } from "./Notices";
import { usePeople } from "./people";
import { Plans } from "./Plans";
import { Rerun } from "./Rerun";
import { readIncidentPage, type IncidentPageSearch } from "./search";
import { Share } from "./Share";
import { Similar } from "./Similar";
import { Timeline } from "./Timeline";

export function Incident() {
  const { incident: id } = useParams({ from: "/inside/incidents/$incident" });
  const { data, error, refetch } = useQuery(incidentQuery(id));
  const title = data?.summary.title;
  useEffect(() => {
    document.title = `${title ?? "Incident"} · Assent`;
  }, [title]);
  if (!data && isProblem(error, "not_found", "bad_request")) return <NotFound />;
  return (
    <Box maw={1240} mx="auto" w="100%">
      {error && <Problem error={error} retry={() => void refetch()} />}
      {data ? <Whole key={id} incident={data} /> : !error && <Lines count={7} height={70} />}
    </Box>
  );
}

function Whole({ incident }: { incident: Schemas["Incident"] }) {
  const { summary, report } = incident;
  const search = useSearch({ from: "/inside/incidents/$incident" });
  const navigate = useNavigate();
  const me = useMe();
  const people = usePeople();
  const acts = useIncidentActs();
  const works = may(me, "work");
  const [dialog, setDialog] = useState<Dialog>();
  const comment = useRef<HTMLTextAreaElement>(null);

  const { evidence } = search;
  const show = useCallback(
    (next: { [name in keyof IncidentPageSearch]?: string | undefined }) =>
      void navigate({
        to: "/incidents/$incident",
        params: { incident: summary.id },
        search: (before) => readIncidentPage({ ...before, ...next }),
        replace: true,
        resetScroll: false,
      }),
    [navigate, summary.id],
  );
  const open = useCallback((id: string) => show({ evidence: id }), [show]);
  const all = useMemo(() => (report ? allEvidence(report) : []), [report]);
  const opener = useMemo(() => ({ open, current: evidence, quoteOf: (id: string) => all.find((one) => one.id === id)?.quote }), [open, evidence, all]);

  const beside = useNeighbours(summary.id);
  const go = (to: string | undefined) => void (to && navigate({ to: "/incidents/$incident", params: { incident: to } }));
  usePageKeys({
    others: {
      "[": () => go(beside.before),
      "]": () => go(beside.after),
      e: () => all[0] && open(all[0].id),
      c: () => comment.current?.focus(),
      ...(works && {
        a: () => void acts.assign([summary], me.account ?? null, "you"),
        m: () => setDialog("mute"),
        d: () => setDialog("dismiss"),
        r: () => setDialog("rerun"),
      }),
    },
  });

  return (
    <EvidenceContext value={opener}>
      <Group justify="space-between" mb="xs" className="no-print" wrap="nowrap">
        <LinkText size="sm" to="/incidents" search={lastList()}>
          ← Incidents
        </LinkText>
        <Group gap={4} wrap="nowrap">
          <Beside label="Incident before ([)" to={beside.before} icon={<IconChevronLeft size={18} />} />
          <Beside label="Next incident (])" to={beside.after} icon={<IconChevronRight size={18} />} />
        </Group>
      </Group>
      <Group justify="space-between" align="flex-start" gap="sm" mb="md">
        <Box style={{ minWidth: 0, flex: "1 1 24rem" }}>
          <Title order={1} size="h3" className="foreign">
            {summary.title}
          </Title>
          <Group gap="sm" mt={6}>
            <SeverityMark severity={summary.severity} />
            <StateBadge state={summary.state} />
            <Text size="sm" c="dimmed" component="span" className="foreign">
              {[summary.cluster_name, ...summary.namespaces].join(" · ")}
            </Text>
            <Text size="sm" c="dimmed" component="span">
              opened <Ago at={summary.opened_at} />
            </Text>
          </Group>
        </Box>
        <Group gap="xs" className="no-print">
          <Actions incident={incident} acts={acts} account={me.account ?? undefined} works={works} open={setDialog} />
        </Group>
      </Group>
      <Notices incident={incident} people={people} />
      <Flex gap="md" direction={{ base: "column", lg: "row" }} align={{ lg: "flex-start" }}>
        <Stack gap="md" style={{ flex: "1 1 0", minWidth: 0 }} w="100%">
          {report ? (
            <ReportView report={report} />
          ) : (
            <Empty icon={IconHourglass} title="There is no report yet">
              The evidence is being read. The report shows here as soon as it is checked.
            </Empty>
          )}
          <Plans summary={summary} people={people} />
          <Concerned summary={summary} />
          <Timeline incident={summary.id} kinds={search.kinds} onKinds={(kinds) => show({ kinds: kinds || undefined })} people={people} />
        </Stack>
        <Stack gap="md" w={{ base: "100%", lg: 330 }} style={{ flexShrink: 0 }}>
          <Details incident={incident} people={people} acts={acts} works={works} />
          <Similar summary={summary} />
          <Comments incident={summary.id} field={comment} speaks={works} />
        </Stack>
      </Flex>
      {report && <PrintedEvidence report={report} />}
      {report && (
        <EvidenceDrawer
          report={report}
          id={evidence}
          open={open}
          onClose={() => show({ evidence: undefined })}
          excerpt={(one) => <Excerpt key={one.id} incident={summary.id} evidence={one} />}
          link={(id) => `${location.origin}/incidents/${summary.id}?evidence=${encodeURIComponent(id)}`}
        />
      )}
      <Asks asked={dialog === "mute" || dialog === "dismiss" ? { what: dialog, of: [summary] } : undefined} acts={acts} onClose={() => setDialog(undefined)} />
      <Rerun incident={summary.id} opened={dialog === "rerun"} onClose={() => setDialog(undefined)} />
      <Share incident={summary.id} opened={dialog === "share"} onClose={() => setDialog(undefined)} people={people} />
    </EvidenceContext>
  );
}

/** The incidents before and after this one, in the list that was looked at last. */
function useNeighbours(id: string) {
  const { data } = useInfiniteQuery(incidentsQuery(asked(lastList())));
  return useMemo(() => neighbours(data?.pages.flatMap(({ items }) => items.map((one) => one.id)) ?? [], id), [data, id]);
}

function Beside({ label, to, icon }: { label: string; to: string | undefined; icon: ReactNode }) {
  if (to === undefined) {
    return (
      <ActionIcon variant="default" size="lg" disabled aria-label={label}>
        {icon}
      </ActionIcon>
    );
  }
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size="lg" aria-label={label} renderRoot={(props) => <Link {...props} to="/incidents/$incident" params={{ incident: to }} />}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
