// One plan of a list: a line on a wide window, a card on a phone.
import { Avatar } from "@mantine/core";
import { IconCheck, IconHandStop } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";

import type { Schemas } from "../../api/client";
import { entityText } from "../../parts/entity";
import { PlanStateBadge, RiskMark, votesText } from "../../parts/plans";
import { Prose } from "../../report/Prose";
import { sentence } from "../../report/words";
import { Left } from "../../time/countdown";
import { Ago } from "../../time/zone";
import classes from "./Row.module.css";

export type PlanSummary = Schemas["PlanSummary"];

type Props = {
  plan: PlanSummary;
  /** The name of who has it. */
  who?: string | undefined;
  mine?: boolean;
  environment?: string | undefined;
  /** Among the plans of its own incident: its place and why, and not where it is. */
  ranked?: boolean;
};

/** Whether its time runs. */
const isOpen = ({ state }: PlanSummary): boolean => state === "advice" || state === "awaiting" || state === "approved";

export const Row = memo(function Row({ plan, who, mine = false, environment, ranked = false }: Props) {
  const { id, title, target, cluster_name, incident_title, confidence_percent, state, rank, rank_reason, may_vote, my_word } = plan;
  const votes = votesText(plan);
  return (
    <div className={classes["row"]} data-wanted={may_vote || undefined} data-over={!isOpen(plan) && state !== "running" ? true : undefined} data-ranked={ranked || undefined}>
      <span className={classes["risk"]}>
        <RiskMark risk={plan.risk} bare />
      </span>
      <Link to="/actions/$plan" params={{ plan: id }} className={`${classes["title"]} foreign`} data-plan={id}>
        {ranked && <span className={classes["rank"]}>{rank}.</span>} <Prose text={sentence(title)} />
      </Link>
      <span className={classes["facts"]}>
        <span className={`${classes["shrinks"]} ${classes["place"]} foreign`}>{entityText(target)}</span>
        {!ranked && <span className={`${classes["shrinks"]} ${classes["place"]} foreign`}>{[cluster_name, environment].filter(Boolean).join(" · ")}</span>}
        {!ranked && <span className={`${classes["shrinks"]} foreign`}>
            {incident_title}
          </span>}
        {rank_reason && (
          <span className={`${classes["shrinks"]} foreign`} title={rank_reason}>
            {rank_reason}
          </span>
        )}
        {plan.detail && !isOpen(plan) && <span className={`${classes["shrinks"]} foreign`}>{plan.detail}</span>}
      </span>
      <span className={classes["sure"]} title="How sure it is that this is the right fix">
        {confidence_percent} %<span className="only-read"> sure</span>
      </span>
      <span className={classes["votes"]} title={votes && `${votes} people have said yes`}>
        {votes && (
          <>
            {my_word === "approve" && <IconCheck size={14} aria-label="You approved" role="img" />}
            {my_word === "reject" && <IconHandStop size={14} aria-label="You rejected" role="img" />}
            {votes}
            <span className="only-read"> votes</span>
          </>
        )}
      </span>
      <span className={classes["left"]}>{isOpen(plan) ? <Left until={plan.expires_at} /> : <Ago at={plan.updated_at} />}</span>
      <span className={classes["state"]}>
        <PlanStateBadge state={state} quick />
      </span>
      <span className={classes["who"]}>
        {who !== undefined && <Avatar size={24} radius="xl" name={who} color={mine ? "assent" : "gray"} title={`Assigned to ${who}`} alt={`Assigned to ${who}`} />}
      </span>
    </div>
  );
});
