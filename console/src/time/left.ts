// How long something still stands, in one unit, so that the words change seldom and never in width by much.

/** `2 d`, `3 h`, `41 min`, `55 s`; nothing once it is over. Rounded down: nobody is told of time that is not there. */
export function left(until: string, nowMs: number): string | undefined {
  const seconds = Math.floor((Date.parse(until) - nowMs) / 1000);
  if (Number.isNaN(seconds)) return until;
  if (seconds <= 0) return undefined;
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
