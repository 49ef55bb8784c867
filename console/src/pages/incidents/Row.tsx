// One incident of the list: a line on a wide window, a card on a phone.
import { Avatar } from "@mantine/core";
import { IconBellOff, IconCircleOff, IconMessage, IconRepeat, IconUserPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";

import type { Schemas } from "../../api/client";
import { SeverityMark, StateBadge } from "../../parts/marks";
import { Ago } from "../../time/zone";
import classes from "./Row.module.css";

export type Summary = Schemas["IncidentSummary"];
export type RowAct = "pick" | "mine" | "mute" | "dismiss";

type Props = {
  incident: Summary;
  picked: boolean;
  /** Whether picking is under way, so that a phone shows the boxes. */
  picking: boolean;
  /** The name of who has it. */
  who: string | undefined;
  mine: boolean;
  /** What can be done from here; nothing if absent. */
  onAct?: ((act: RowAct, incident: Summary) => void) | undefined;
  /** Leaves out what a narrow place has no room for. */
  brief?: boolean;
};

export const Row = memo(function Row({ incident, picked, picking, who, mine, onAct, brief = false }: Props) {
  const { id, title, cluster_name, namespaces, cause, affected, recurrences, comments } = incident;
  const quiet = incident.state === "muted" || incident.state === "dismissed" || incident.state === "resolved";
  return (
    <div className={classes["row"]} data-picked={picked || undefined} data-picking={picking || undefined} data-brief={brief || undefined} data-bad={quiet ? undefined : incident.severity}>
      {onAct && (
        <span className={classes["pick"]}>
          <label>
            <input type="checkbox" checked={picked} onChange={() => onAct("pick", incident)} aria-label={`Select ${title}`} />
          </label>
        </span>
      )}
      <span className={classes["severity"]}>
        <SeverityMark severity={incident.severity} bare quick />
      </span>
      <Link to="/incidents/$incident" params={{ incident: id }} className={`${classes["title"]} foreign`} title={title} data-incident={id}>
        {title}
      </Link>
      <span className={classes["facts"]}>
        <span className={`${classes["shrinks"]} foreign`}>{[cluster_name, ...namespaces].join(" · ")}</span>
        {cause && !brief && <span className={`${classes["shrinks"]} ${classes["cause"]} foreign`}>{cause}</span>}
        {affected > 0 && <span>{affected} affected</span>}
        {recurrences > 0 && (
          <span title={`Seen ${recurrences} times before`}>
            <IconRepeat size={13} aria-hidden /> {recurrences}× before
          </span>
        )}
        {who !== undefined && <span className={`${classes["holder"]} foreign`}>{mine ? "yours" : `with ${who}`}</span>}
        {comments > 0 && (
          <span title={`${comments} comments`}>
            <IconMessage size={13} aria-hidden /> {comments}
            <span className="only-read"> comments</span>
          </span>
        )}
      </span>
      <span className={classes["state"]}>
        {incident.confidence_percent != null && !brief && (
          <span className={classes["sure"]} title="How sure the cause is">
            {incident.confidence_percent} % sure
          </span>
        )}
        <StateBadge state={incident.state} quick />
      </span>
      <span className={classes["who"]}>
        {who !== undefined && <Avatar size={24} radius="xl" name={who} color={mine ? "assent" : "gray"} title={`Assigned to ${who}`} alt={`Assigned to ${who}`} />}
      </span>
      <span className={classes["age"]}>
        <Ago at={incident.opened_at} />
      </span>
      {onAct && (
        <span className={classes["acts"]}>
          {!mine && <Act label="Assign to me (a)" icon={IconUserPlus} onClick={() => onAct("mine", incident)} />}
          {!quiet && <Act label="Mute (m)" icon={IconBellOff} onClick={() => onAct("mute", incident)} />}
          {!quiet && <Act label="Dismiss (d)" icon={IconCircleOff} onClick={() => onAct("dismiss", incident)} />}
        </span>
      )}
    </div>
  );
});

function Act({ label, icon: Icon, onClick }: { label: string; icon: typeof IconBellOff; onClick: () => void }) {
  return (
    <button type="button" className={classes["act"]} onClick={onClick} aria-label={label} title={label}>
      <Icon size={16} stroke={1.8} aria-hidden />
    </button>
  );
}
