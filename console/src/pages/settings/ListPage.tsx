// A page of the settings that shows one short list: what is read, what is shown while it comes, when it fails, and when there is nothing.
import type { UseQueryResult } from "@tanstack/react-query";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { isProblem } from "../../api/client";
import { Page } from "../../parts/page";
import { Empty, Lines, Problem } from "../../parts/states";

type ListPageProps<T> = {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  query: UseQueryResult<T>;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
};

export function ListPage<T>({ title, about, actions, query, isEmpty, empty, children }: ListPageProps<T>) {
  return (
    <Page title={title} about={about} actions={actions}>
      <Loaded query={query} isEmpty={isEmpty} empty={empty}>
        {children}
      </Loaded>
    </Page>
  );
}

type LoadedProps<T> = { query: UseQueryResult<T>; isEmpty?: ((data: T) => boolean) | undefined; empty?: ReactNode; children: (data: T) => ReactNode };

/** The same inside a page. */
export function Loaded<T>({ query, isEmpty, empty, children }: LoadedProps<T>) {
  const { data, error } = query;
  const retry = () => void query.refetch();
  if (isProblem(error, "refused"))
    return (
      <Empty icon={IconLock} title="You may not see this">
        None of your grants covers it. An owner or admin of the organisation can change that.
      </Empty>
    );
  if (data === undefined) return error ? <Problem error={error} retry={retry} /> : <Lines />;
  return (
    <>
      {error && <Problem error={error} retry={retry} />}
      {isEmpty?.(data) ? empty : children(data)}
    </>
  );
}
