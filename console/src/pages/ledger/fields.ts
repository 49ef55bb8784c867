// Instants in a `datetime-local` field, which has no zone of its own.

/** `2026-03-01T14:05:09`, in this browser's zone or in UTC. */
export function toField(instant: string | null | undefined, utc: boolean): string {
  const date = new Date(instant ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  const shifted = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

/** The instant that a field says; nothing while it says none. */
export function fromField(text: string, utc: boolean): string | undefined {
  const date = new Date(utc && text !== "" ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
