// The list of records, kept up to date: the ledger is not on the live stream, so its newest page is asked for every few seconds while the
// page is looked at.
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";

import { answer, api } from "../../api/client";
import { present, recordsQuery, type RecordQuery } from "../../api/queries";
import { flat, onTop, type LedgerRecord } from "./records";

const ASK_EVERY_MS = 5_000;
const NEWEST = 50;
/** Pages without a match that are passed over before somebody is asked whether to go on: each stands for thousands of records. */
const EMPTY_PAGES_MAX = 5;

export function useRecords(query: RecordQuery) {
  const queries = useQueryClient();
  const pages = useInfiniteQuery({ ...recordsQuery(query), placeholderData: keepPreviousData, refetchOnWindowFocus: false });
  const key = JSON.stringify(present(query));
  const [newer, setNewer] = useState<{ key: string; records: LedgerRecord[] }>({ key, records: [] });
  const read = useMemo(() => flat(pages.data?.pages ?? []), [pages.data]);
  const known = useMemo(() => {
    const top = read[0]?.index ?? -1;
    return newer.key === key ? [...newer.records.filter(({ index }) => index > top), ...read] : read;
  }, [newer, key, read]);

  const newest = useQuery({
    queryKey: ["newest-records", present(query)],
    queryFn: () => answer(api.GET("/api/v1/ledger/records", { params: { query: { ...present(query), limit: NEWEST } } })),
    refetchInterval: ASK_EVERY_MS,
    enabled: pages.isSuccess && !pages.isPlaceholderData,
  });
  useEffect(() => {
    if (!newest.data || pages.isPlaceholderData || !pages.data) return;
    const added = onTop(known, newest.data);
    if (added === undefined) void queries.resetQueries({ queryKey: ["records", present(query)] });
    else if (added.length > 0) setNewer({ key, records: [...added, ...known.slice(0, known.length - read.length)] });
    // What is known changes only here and by pages, which are older.
  }, [newest.data]);

  const { fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const emptyPages = (pages.data?.pages ?? []).reduce((run, { items }) => (items.length === 0 ? run + 1 : 0), 0);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  useEffect(() => {
    if (emptyPages > 0 && emptyPages % EMPTY_PAGES_MAX !== 0) more();
  }, [emptyPages, more]);

  return { ...pages, records: known, more, searchesOn: hasNextPage && emptyPages > 0 };
}
