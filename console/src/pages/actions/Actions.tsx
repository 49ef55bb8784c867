// The Action Center: plans, those first that need somebody.
import { Button, Text } from "@mantine/core";
import { IconArrowUp, IconChecklist, IconFilterOff } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";

import { plansQuery } from "../../api/plans";
import { environmentsQuery } from "../../api/queries";
import { useMe } from "../../api/session";
import { usePageKeys } from "../../app/shell/usePageKeys";
import { LinkButton } from "../../parts/links";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";
import { focusedRow, focusSoon, moved, useSteady } from "../../parts/steady";
import { VirtualList } from "../../parts/virtualList";
import { usePeople } from "../incident/people";
import { Narrow } from "./Narrow";
import { rememberPlans } from "./lastPlans";
import { Row } from "./Row";
import { asked, canonical, narrowings, readPlanSearch, type PlanSearch } from "./search";

const ROW_PX = 58;

export function Actions() {
  const search = useSearch({ from: "/inside/actions" });
  const navigate = useNavigate();
  const me = useMe();
  useEffect(() => rememberPlans(search), [search]);
  const people = usePeople();
  const environments = useQuery(environmentsQuery).data;
  const list = useInfiniteQuery({ ...plansQuery(asked(search)), placeholderData: keepPreviousData });
  const fresh = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { rows, waiting, showAll } = useSteady(fresh, canonical(search), list.isPlaceholderData);
  const [chosen, setChosen] = useState<string>();

  const change = (next: Partial<Record<keyof PlanSearch, string | undefined>>) => void navigate({ to: "/actions", search: readPlanSearch({ ...search, ...next }), replace: true });
  const clear = () => change({ environment: undefined, cluster: undefined, assignee: undefined, incident: undefined });
  usePageKeys({
    move: (by) => {
      const to = moved(rows, focusedRow("plan") ?? chosen, by);
      setChosen(to);
      focusSoon("plan", to);
    },
  });
  const at = rows.findIndex(({ id }) => id === chosen);
  return (
    <Page title="Actions" about="What would end incidents, and what people say about it. Nothing changes in a cluster before enough of them have signed.">
      <Narrow search={search} change={change} clear={clear} people={people} listed={fresh} count={rows.length} />
      {list.error && <Problem error={list.error} retry={() => void list.refetch()} />}
      {list.isPlaceholderData && list.fetchStatus === "paused" && (
        <Text size="sm" c="dimmed" mb="xs" role="status">
          You are offline. This is the list from before; the filters apply as soon as the platform answers.
        </Text>
      )}
      {waiting > 0 && (
        <Button fullWidth variant="light" size="compact-md" mb="xs" onClick={showAll} leftSection={<IconArrowUp size={15} aria-hidden />}>
          {waiting === 1 ? "1 new plan" : `${waiting} new plans`}
        </Button>
      )}
      <Text className="only-read" role="status">
        {list.isPending ? "" : `${rows.length}${list.hasNextPage ? " or more" : ""} plans listed`}
      </Text>
      {list.isPending && !list.error ? (
        <Lines count={8} height={50} />
      ) : rows.length > 0 ? (
        <VirtualList
          items={rows}
          estimatePx={ROW_PX}
          keyOf={({ id }) => id}
          label="Plans"
          chosen={at >= 0 ? at : undefined}
          more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          row={(plan) => (
            <Row
              plan={plan}
              environment={environments?.find(({ id }) => id === plan.environment)?.name}
              who={plan.assignee ? people.nameOf(plan.assignee) : undefined}
              mine={plan.assignee != null && plan.assignee === me.account}
            />
          )}
        />
      ) : (
        !list.error && <Nothing search={search} clear={clear} />
      )}
    </Page>
  );
}

const nothing: Record<NonNullable<PlanSearch["view"]> | "open", readonly [string, string]> = {
  open: ["Nothing to do", "A plan is drawn as soon as an incident has a proven cause that has a safe fix. It shows here by itself."],
  mine: ["Nothing waits for your vote", "Plans that policy lets you vote on show here, and their number beside “Actions”."],
  votes: ["Nothing waits for votes", "People are asked where an executor is installed in the cluster. Settings → Clusters shows how."],
  running: ["Nothing is running", "What enough people have approved shows here until it has ended."],
  hand: ["Nothing to follow by hand", "Where no executor is installed, a plan ends as commands to run oneself."],
  done: ["Nothing has ended yet", "What was applied, refused or rejected stays here."],
  all: ["There is no plan yet", "A plan is drawn as soon as an incident has a proven cause that has a safe fix."],
};

function Nothing({ search, clear }: { search: PlanSearch; clear: () => void }) {
  if (narrowings(search) > 0) {
    return (
      <Empty icon={IconFilterOff} title="No plan matches" action={<Button variant="default" onClick={clear}>Clear filters</Button>}>
        Nothing in this list fits all the filters.
      </Empty>
    );
  }
  const [title, words] = nothing[search.view ?? "open"];
  return (
    <Empty icon={IconChecklist} title={title} action={<LinkButton to="/incidents" variant="default">Incidents</LinkButton>}>
      {words}
    </Empty>
  );
}
