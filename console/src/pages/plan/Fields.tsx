// Fields and what becomes of them: before and after, a line for each. Values are JSON, with nothing unseen in them.
import { Button, Text } from "@mantine/core";
import { useState } from "react";

import { common, fieldText, type Change } from "../../plan/diff";
import { printed, seen, shown, type Json } from "../../plan/json";
import { lineDiff } from "../../plan/lines";
import classes from "./Plan.module.css";

/** Signs of a value that are shown at first. */
const CHARS_SHOWN = 1_500;
/** Beyond this a structure stands on several lines. */
const ONE_LINE_CHARS = 90;

export function Fields({ changes }: { changes: readonly Change[] }) {
  const shared = common(changes);
  return (
    <div>
      {shared.length > 0 && (
        <Text size="xs" c="dimmed" className="foreign" mb={2}>
          All below <span className={classes["path"]}>{fieldText(shared)}</span>
        </Text>
      )}
      {changes.map((change, index) => (
        <Field key={index} change={change} shared={shared.length} />
      ))}
    </div>
  );
}

function Field({ change: { path, before, after, tested }, shared }: { change: Change; shared: number }) {
  const own = path.slice(shared);
  const [head, last] = [fieldText(own.slice(0, -1)), fieldText(own.slice(-1))];
  return (
    <div className={classes["field"]}>
      <div className={`${classes["path"]} foreign`}>
        {head}
        {head && !last.startsWith("[") && "."}
        <b>{last}</b>
        {before === undefined && " is added"}
        {after === undefined && " is removed"}
      </div>
      <Values before={before} after={after} />
      {!tested && (
        <Text size="xs" c="var(--assent-degraded)">
          The patch does not test what stands here now.
        </Text>
      )}
    </div>
  );
}

function Values({ before, after }: { before: Json | undefined; after: Json | undefined }) {
  const [first, second] = [textOf(before), textOf(after)];
  // One on several lines is compared with the other on several lines.
  const laidOut = [first, second].some((text) => text?.includes("\n"));
  const [a, b] = laidOut ? [textOf(before, true), textOf(after, true)] : [first, second];
  if (a !== undefined && b !== undefined && (a.includes("\n") || b.includes("\n"))) {
    return (
      <div className={classes["values"]}>
        {lineDiff(a, b).map((line, at) =>
          line.mark === "…" ? (
            <div key={at} className={classes["value"]} data-mark="…">
              <span aria-hidden>…</span>
              <span>{line.count === 1 ? "1 line the same" : `${line.count} lines the same`}</span>
            </div>
          ) : (
            <Value key={at} mark={line.mark} text={line.text} />
          ),
        )}
      </div>
    );
  }
  return (
    <div className={classes["values"]}>
      {a !== undefined && <Value mark="-" text={a} />}
      {b !== undefined && <Value mark="+" text={b} />}
    </div>
  );
}

const said = { "-": "before:", "+": "after:", " ": "" };

function Value({ mark, text }: { mark: "-" | "+" | " "; text: string }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > CHARS_SHOWN;
  const words = cut ? text.slice(0, CHARS_SHOWN) : text;
  const Mark = mark === "-" ? "del" : mark === "+" ? "ins" : "span";
  return (
    <div className={classes["value"]} data-mark={mark}>
      <span aria-hidden>{mark}</span>
      <span>
        <span className="only-read">{said[mark]} </span>
        <Mark className={`${classes["text"]} foreign`}>{words}</Mark>
        {cut && (
          <Button size="compact-xs" variant="subtle" onClick={() => setWhole(true)}>
            … show all {text.length.toLocaleString("en")} characters
          </Button>
        )}
      </span>
    </div>
  );
}

/** A value as its reader sees it. Text of several lines stands as it is, and everything else as JSON. */
function textOf(value: Json | undefined, laidOut = false): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.includes("\n")) return seen(value, true);
  const line = shown(value);
  return (laidOut || line.length > ONE_LINE_CHARS) && typeof value === "object" ? printed(value) : line;
}
