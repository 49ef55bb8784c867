// Filters that somebody gave a name, kept in this browser for this tenant.
import { canonical, readIncidentSearch, type IncidentSearch } from "./search";

export type SavedFilter = { name: string; search: IncidentSearch };

export const NAME_CHARS_MAX = 40;
const KEPT_MAX = 20;

/** What the browser kept. What is not of this form, by an older version or another hand, is left out. */
export function readSaved(text: string | undefined): SavedFilter[] {
  try {
    const read: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(read)) return [];
    return read.flatMap((one: unknown) => {
      if (typeof one !== "object" || one === null || !("name" in one) || !("search" in one)) return [];
      const { name, search } = one;
      if (typeof name !== "string" || name === "" || typeof search !== "object" || search === null) return [];
      return [{ name: name.slice(0, NAME_CHARS_MAX), search: readIncidentSearch(search as Record<string, unknown>) }];
    });
  } catch {
    return [];
  }
}

/** With one more, in the place of the one of that name. The oldest go when there are too many. */
export function withSaved(saved: readonly SavedFilter[], name: string, search: IncidentSearch): SavedFilter[] {
  const trimmed = name.trim().slice(0, NAME_CHARS_MAX);
  if (trimmed === "") return [...saved];
  return [...saved.filter((one) => one.name !== trimmed), { name: trimmed, search: readIncidentSearch(search) }].slice(-KEPT_MAX);
}

export function withoutSaved(saved: readonly SavedFilter[], name: string): SavedFilter[] {
  return saved.filter((one) => one.name !== name);
}

/** The saved filter that the list shows just now. */
export function current(saved: readonly SavedFilter[], search: IncidentSearch): SavedFilter | undefined {
  const sought = canonical(search);
  return saved.find((one) => canonical(one.search) === sought);
}
