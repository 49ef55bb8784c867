// Where a policy text is wrong, as the platform says it: `` `name`, line 3, column 5: what ``.
import { isProblem } from "../../../api/client";

export type Fault = { policy: string; line: number; column: number; message: string };

/** How the library counts policies of a text; the line says more. */
const COUNTED = /^for policy `policy\d+`, /;
const SHAPE = /^`([^`]*)`, line (\d+), column (\d+): ([\s\S]*)$/;

export function readFault(detail: string): Fault | undefined {
  const match = SHAPE.exec(detail);
  if (!match) return undefined;
  const [, policy = "", line, column, message = ""] = match;
  return { policy, line: Number(line), column: Number(column), message: message.replace(COUNTED, "") };
}

/** The fault that a problem tells of the text. */
export function faultOf(error: unknown): Fault | undefined {
  const detail = isProblem(error) ? error.field("/text") : undefined;
  return detail === undefined ? undefined : readFault(detail);
}

/** Where a line and column stand in a text, for a selection: both count from 1, columns in characters. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  const whole = text.slice(start, end < 0 ? undefined : end);
  return start + [...whole].slice(0, Math.max(0, column - 1)).join("").length;
}

export function lineCount(text: string): number {
  return text.split("\n").length;
}
