// Whether a text fits the schema, asked a moment after the last key.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { answer, api } from "../../../api/client";
import { faultOf, type Fault } from "./fault";

const AFTER_MS = 500;

export type Checked = { state: "empty" | "checking" | "good" | "wrong" | "unknown"; fault?: Fault };

export function useChecked(text: string): Checked {
  const [asked] = useDebouncedValue(text, AFTER_MS);
  const check = useQuery({
    queryKey: ["policy-check", asked],
    // Any question does: the text is checked before it is asked.
    queryFn: async () => {
      try {
        await answer(api.POST("/api/v1/policies/test", { body: { text: asked, question: { grants: [], action: "policy.read" } } }));
        return { fault: undefined };
      } catch (error) {
        const fault = faultOf(error);
        if (fault === undefined) throw error;
        return { fault };
      }
    },
    enabled: asked.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  if (text.trim() === "") return { state: "empty" };
  if (check.error) return { state: "unknown" };
  // The mark of the former text stays while the next one is checked: nothing flickers while somebody types.
  if (text !== asked || check.isPlaceholderData || check.isPending) return { state: "checking", ...(check.data?.fault && { fault: check.data.fault }) };
  return check.data.fault ? { state: "wrong", fault: check.data.fault } : { state: "good" };
}

export const checkedWords: Record<Checked["state"], string> = {
  empty: "Cedar text. It is checked against the schema as you type.",
  checking: "Checking…",
  good: "Fits the schema.",
  wrong: "Does not fit the schema.",
  unknown: "Could not be checked now. It is checked again before it is kept.",
};
