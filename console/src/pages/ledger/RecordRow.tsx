import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { Instant } from "../../time/zone";
import classes from "./Ledger.module.css";
import type { Names } from "./names";
import { OutcomeMark } from "./OutcomeMark";
import type { LedgerRecord } from "./records";

/** One record of the list, which opens it. */
export function RecordRow({ record, names, chosen }: { record: LedgerRecord; names: Names; chosen: boolean }) {
  return (
    <Link to="/ledger/$index" params={{ index: String(record.index) }} className={classes["row"]} data-chosen={chosen}>
      <Text span size="sm" c="dimmed" data-cell="index">
        #{record.index}
      </Text>
      <Text span size="sm" c="dimmed" data-cell="time">
        <Instant at={record.at} />
      </Text>
      <Text span size="sm" className="foreign" lineClamp={1} title={record.actor} data-cell="actor">
        {names.actor(record.actor)}
      </Text>
      <Text span size="sm" fw={600} className="foreign" lineClamp={1} data-cell="action">
        {record.action}
      </Text>
      <Text span size="sm" className="foreign" lineClamp={1} title={record.subject} data-cell="subject">
        {names.of(record.subject) ?? record.subject}
      </Text>
      <span data-cell="outcome" style={{ display: "flex" }}>
        <OutcomeMark outcome={record.outcome} />
      </span>
    </Link>
  );
}
