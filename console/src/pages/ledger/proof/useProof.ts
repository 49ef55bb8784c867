// Proves a record in this browser, and remembers what was seen of the log.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "../../../api/client";
import { compare, forgetPin, keepPin, readPin, type Remembered } from "./pin";
import { primitives } from "./primitives";
import { newest, prove, type Proof, type Shown } from "./receipt";

/** `unsigned`: the newest checkpoint itself does not hold, so nothing is remembered. */
export type Proven = { proof: Proof; publicKey: string; by: string; history: Remembered | { verdict: "unsigned" } };

const proofQuery = (shown: Shown) =>
  queryOptions({
    queryKey: ["proof", shown.index],
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async (): Promise<Proven> => {
      const kept = readPin(localStorage);
      const [receipt, checkpoint, use] = await Promise.all([
        answer(api.GET("/api/v1/ledger/records/{index}/receipt", { params: { path: { index: shown.index } } })),
        answer(api.GET("/api/v1/ledger/checkpoint")),
        primitives(),
      ]);
      const proof = await prove(receipt, checkpoint.public_key, shown, use);
      const seen = await newest(checkpoint, use);
      const history = seen === undefined ? { verdict: "unsigned" as const } : compare(kept, seen, new Date().toISOString());
      if ("pin" in history) keepPin(localStorage, history.pin);
      return { proof, publicKey: checkpoint.public_key, by: use.by, history };
    },
  });

export function useProof(shown: Shown) {
  const queries = useQueryClient();
  const read = useQuery(proofQuery(shown));
  /** Takes the log as it is now for the right one: somebody has made sure of it. */
  const trustAnew = async () => {
    forgetPin(localStorage);
    await queries.invalidateQueries({ queryKey: ["proof"] });
  };
  return { ...read, trustAnew };
}
