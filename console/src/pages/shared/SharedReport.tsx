// What a shared link shows to whoever holds it: the report of one incident, and nothing else. The token stands behind # in the address,
// which browsers do not send to any server; it stays there, so that the page can be loaded again.
import { Anchor, Box, Button, Group, Text, Title } from "@mantine/core";
import { IconLinkOff, IconPrinter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";

import { Logo } from "../../app/shell/Logo";
import { answer, api, isProblem, type Schemas } from "../../api/client";
import { SeverityMark, StateBadge } from "../../parts/marks";
import { Empty, Lines, Problem } from "../../parts/states";
import { EvidenceContext } from "../../report/Cites";
import { allEvidence } from "../../report/evidence";
import { EvidenceDrawer } from "../../report/EvidenceDrawer";
import { PrintedEvidence } from "../../report/PrintedEvidence";
import { ReportView } from "../../report/ReportView";
import { Instant, useZone } from "../../time/zone";

export function SharedReport() {
  const token = useLocation({ select: ({ hash }) => hash });
  const shared = useQuery({
    queryKey: ["shared", token],
    // Each look is counted, so only a person's own doing looks again.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    enabled: token !== "",
    queryFn: () => answer(api.POST("/api/v1/shared", { body: { token } })),
  });
  useEffect(() => {
    document.title = "Shared report · Assent";
  }, []);
  const over = token === "" || isProblem(shared.error, "not_found", "bad_request", "invalid", "not_signed_in");
  return (
    <Frame>
      {over ? (
        <Empty icon={IconLinkOff} title="This link shows nothing">
          It has expired, was revoked, or is not whole. Ask whoever sent it for a new one.
        </Empty>
      ) : shared.error ? (
        <Problem error={shared.error} retry={() => void shared.refetch()} />
      ) : shared.data ? (
        <Shown shared={shared.data} />
      ) : (
        <Lines count={6} height={70} />
      )}
    </Frame>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const zone = useZone();
  return (
    <Box maw={900} mx="auto" p={{ base: "md", sm: "xl" }} component="main">
      <Group justify="space-between" mb="lg" className="no-print">
        <Logo />
        <Group gap="sm">
          <Button variant="subtle" color="gray" size="compact-sm" onClick={zone.switchZone} aria-label={`Times in ${zone.name}. Switch the zone`}>
            {zone.name}
          </Button>
          <Button variant="default" size="sm" leftSection={<IconPrinter size={16} aria-hidden />} onClick={() => window.print()}>
            Print
          </Button>
        </Group>
      </Group>
      {children}
    </Box>
  );
}

function Shown({ shared: { incident, report } }: { shared: Schemas["Shared"] }) {
  const [evidence, open] = useState<string>();
  const all = useMemo(() => (report ? allEvidence(report) : []), [report]);
  const opener = useMemo(() => ({ open, current: evidence, quoteOf: (id: string) => all.find((one) => one.id === id)?.quote }), [evidence, all]);
  return (
    <EvidenceContext value={opener}>
      <Box mb="md">
        <Title order={1} size="h3" className="foreign">
          {incident.title}
        </Title>
        <Group gap="sm" mt={6}>
          <SeverityMark severity={incident.severity} />
          <StateBadge state={incident.state} />
          <Text size="sm" c="dimmed" component="span" className="foreign">
            {[incident.cluster_name, ...incident.namespaces].join(" · ")}
          </Text>
          <Text size="sm" c="dimmed" component="span">
            opened <Instant at={incident.opened_at} />
            {incident.closed_at && (
              <>
                , closed <Instant at={incident.closed_at} />
              </>
            )}
          </Text>
        </Group>
      </Box>
      {report ? <ReportView report={report} /> : <Empty icon={IconLinkOff} title="There is no report yet">Load the page again in a moment.</Empty>}
      <Text size="xs" c="dimmed" mt="lg">
        Somebody shared this report with you by a link that expires. Members of the organisation see more:{" "}
        <Anchor size="xs" href={`/incidents/${encodeURIComponent(incident.id)}`}>
          open the incident
        </Anchor>
        .
      </Text>
      {report && <PrintedEvidence report={report} />}
      {report && <EvidenceDrawer report={report} id={evidence} open={open} onClose={() => open(undefined)} />}
    </EvidenceContext>
  );
}
