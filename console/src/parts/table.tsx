// A short list with columns. On a phone each row stands as a card, with the heads of its columns beside the cells.
import { ScrollArea, Table } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./table.module.css";

export type Column<T> = {
  head: string;
  cell: (row: T) => ReactNode;
  /** For numbers and marks: as narrow as can be. */
  narrow?: boolean;
  /** For what needs no head on a phone: the name, the buttons. */
  bare?: boolean;
  /** Left out of a card when there is nothing to say. */
  isEmpty?: (row: T) => boolean;
};

type RowsProps<T> = { label: string; rows: readonly T[]; keyOf: (row: T) => string; columns: readonly Column<T>[]; chosen?: string | undefined };

export function RowTable<T>({ label, rows, keyOf, columns, chosen }: RowsProps<T>) {
  return (
    <div className={classes["frame"]}>
      <ScrollArea.Autosize type="auto" offsetScrollbars={false}>
        <Table className={classes["table"] ?? ""} verticalSpacing="sm" horizontalSpacing="md" aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ head, narrow }) => (
                <Table.Th key={head} className={narrow ? (classes["narrow"] ?? "") : ""}>
                  {head}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => {
              const key = keyOf(row);
              return (
                <Table.Tr key={key} data-chosen={key === chosen || undefined}>
                  {columns.map(({ head, cell, narrow, bare, isEmpty }) => (
                    <Table.Td
                      key={head}
                      data-head={bare ? undefined : head}
                      data-empty={isEmpty?.(row) || undefined}
                      className={narrow ? (classes["narrow"] ?? "") : ""}
                    >
                      {cell(row)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </div>
  );
}
