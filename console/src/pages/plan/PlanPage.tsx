// One plan: everything that whoever signs must see, read from the bytes that are signed; who says what about it; and what becomes of it.
import { Alert, Box, Button, Flex, Group, Stack, Text, Title } from "@mantine/core";
import { IconAdjustments, IconInfoCircle, IconShieldX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";

import { NotFound } from "../../app/fallbacks";
import { isProblem, type Schemas } from "../../api/client";
import { may } from "../../api/may";
import { planQuery, plansOfQuery } from "../../api/plans";
import { incidentQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { EntityName } from "../../parts/entity";
import { LinkText } from "../../parts/links";
import { PlanStateBadge, RiskMark, votesText } from "../../parts/plans";
import { Lines, Problem } from "../../parts/states";
import { entryOf } from "../../plan/actions";
import type { Word } from "../../plan/statement";
import { titleOf } from "../../plan/title";
import { EvidenceContext } from "../../report/Cites";
import { allEvidence } from "../../report/evidence";
import { EvidenceDrawer } from "../../report/EvidenceDrawer";
import { useNow } from "../../time/zone";
import { Excerpt } from "../incident/Excerpt";
import { usePeople } from "../incident/people";
import { nextToVote } from "../incident/planOrder";
import { lastPlans } from "../actions/lastPlans";
import { Adapt } from "./Adapt";
import { ByHand } from "./ByHand";
import { Changes } from "./Changes";
import { Details } from "./Details";
import { Checked, Holds } from "./Holds";
import { Reach } from "./Reach";
import { Run } from "./Run";
import { readPlanPage } from "./search";
import { standingOf } from "./standing";
import { Rehearsed, Signed, Undone } from "./Undone";
import { useShown } from "./useShown";
import { VoteDialog } from "./VoteDialog";
import { VotePanel } from "./VotePanel";
import { Why } from "./Why";

export function PlanPage() {
  const { plan: id } = useParams({ from: "/inside/actions/$plan" });
  const { data, error, refetch } = useQuery(planQuery(id));
  const title = data?.summary.title;
  useEffect(() => {
    document.title = `${title ?? "Plan"} · Assent`;
  }, [title]);
  if (!data && isProblem(error, "not_found", "bad_request")) return <NotFound />;
  return (
    <Box maw={1240} mx="auto" w="100%">
      <Group mb="xs" className="no-print">
        <LinkText size="sm" to="/actions" search={lastPlans()}>
          ← Actions
        </LinkText>
      </Group>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {data ? <Whole key={id} whole={data} /> : !error && <Lines count={7} height={70} />}
    </Box>
  );
}

function Whole({ whole }: { whole: Schemas["Plan"] }) {
  const { summary } = whole;
  const me = useMe();
  const people = usePeople();
  const now = useNow();
  const works = may(me, "work");
  const { plan, agreement } = useShown(whole);
  const [word, setWord] = useState<Word>();
  const [adapting, setAdapting] = useState(false);
  const incident = useQuery(incidentQuery(summary.incident));
  const report = incident.data?.report;

  const { evidence } = useSearch({ from: "/inside/actions/$plan" });
  const navigate = useNavigate();
  const show = useCallback(
    (id: string | undefined) => void navigate({ to: "/actions/$plan", params: { plan: summary.id }, search: readPlanPage({ evidence: id }), replace: true, resetScroll: false }),
    [navigate, summary.id],
  );
  const all = useMemo(() => (report ? allEvidence(report) : []), [report]);
  const opener = useMemo(() => ({ open: show, current: evidence, quoteOf: (id: string) => all.find((one) => one.id === id)?.quote }), [show, evidence, all]);
  const next = nextToVote(useQuery(plansOfQuery(summary.incident)).data ?? [], summary.id);
  const adaptable = works && plan && entryOf(plan.action.word).parameters.length > 0 && (summary.state === "advice" || summary.state === "awaiting");

  return (
    <EvidenceContext value={opener}>
      <Group justify="space-between" align="flex-start" gap="sm" mb="md">
        <Box style={{ minWidth: 0, flex: "1 1 24rem" }}>
          <Title order={1} size="h3" className="foreign">
            {plan ? titleOf(plan.action) : summary.title}
          </Title>
          <Group gap="sm" mt={6}>
            <EntityName entity={plan?.target.object ?? summary.target} />
            <Text size="sm" c="dimmed" component="span" className="foreign">
              in {summary.cluster_name}
            </Text>
            <PlanStateBadge state={summary.state} />
            <RiskMark risk={plan?.risk ?? summary.risk} />
            <Text size="sm" c="dimmed" component="span" title="How sure it is that this is the right fix">
              {plan?.confidence_percent ?? summary.confidence_percent} % sure
            </Text>
          </Group>
        </Box>
        {whole.statement && (
          <Button component="a" href="#votes" variant="light" hiddenFrom="lg" className="no-print">
            Votes: {votesText(summary)}
          </Button>
        )}
        {adaptable && (
          <Button variant="default" leftSection={<IconAdjustments size={17} aria-hidden />} onClick={() => setAdapting(true)} className="no-print">
            Adapt…
          </Button>
        )}
      </Group>
      {summary.detail && !whole.run?.some(({ step }) => "ended" in step) && (
        <Alert variant="light" color={summary.state === "failed" ? "red" : "gray"} icon={<IconInfoCircle size={20} aria-hidden />} mb="md" p="sm">
          <Text size="sm" className="foreign-block">
            {summary.detail}
          </Text>
        </Alert>
      )}
      {agreement.is === "differs" && (
        <Alert color="red" variant="light" role="alert" icon={<IconShieldX size={20} aria-hidden />} title="This plan is not what the platform says it is" mb="md">
          <Text size="sm" className="foreign">
            {agreement.why}
          </Text>
        </Alert>
      )}
      <Flex gap="md" direction={{ base: "column", lg: "row" }} align={{ lg: "flex-start" }}>
        <Stack gap="md" style={{ flex: "1 1 0", minWidth: 0 }} w="100%">
          <Run plan={whole} people={people} />
          {plan && (
            <>
              <Changes plan={plan} />
              <Why plan={plan} incident={summary.incident} title={summary.incident_title} report={report} loading={incident.isPending} />
              <Checked plan={plan} />
              <Reach plan={plan} cluster={summary.cluster} />
              <Undone plan={plan} />
              <Rehearsed rehearsal={whole.rehearsal} />
              <Holds plan={plan} />
              <ByHand plan={plan} id={summary.id} bytes={whole.bytes} />
              <Signed bytes={whole.bytes} digest={whole.digest} statement={whole.statement} />
            </>
          )}
        </Stack>
        <Stack gap="md" w={{ base: "100%", lg: 330 }} style={{ flexShrink: 0 }}>
          <VotePanel plan={whole} agreement={agreement} ask={setWord} />
          {next !== undefined && (
            <LinkText to="/actions/$plan" params={{ plan: next }} size="sm" className="no-print">
              Next plan of this incident for your vote →
            </LinkText>
          )}
          <Details whole={whole} plan={plan} people={people} works={works} />
        </Stack>
      </Flex>
      {word && plan && <VoteDialog whole={whole} plan={plan} word={word} reject={standingOf(whole, me.account ?? undefined, true, now).reject} onClose={() => setWord(undefined)} />}
      {adapting && plan && <Adapt summary={summary} plan={plan} onClose={() => setAdapting(false)} />}
      {report && (
        <EvidenceDrawer
          report={report}
          id={evidence}
          open={show}
          onClose={() => show(undefined)}
          excerpt={(one) => <Excerpt key={one.id} incident={summary.incident} evidence={one} />}
          link={(id) => `${location.origin}/incidents/${summary.incident}?evidence=${encodeURIComponent(id)}`}
        />
      )}
    </EvidenceContext>
  );
}
