// Takes records elsewhere: those that are listed, or the whole log with its proofs.
import { Button, Menu } from "@mantine/core";
import { IconDownload, IconFileSpreadsheet, IconFileText, IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { present, type RecordQuery } from "../../api/queries";
import { download as save } from "../../parts/download";
import { done, failed } from "../../parts/toast";
import { csv, jsonLines } from "./lines";
import type { LedgerRecord } from "./records";

const AT_ONCE = 200;

/** Every record that the filters let through, page after page. */
async function everything(query: RecordQuery): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await answer(api.GET("/api/v1/ledger/records", { params: { query: { ...present(query), limit: AT_ONCE, ...(cursor && { cursor }) } } }));
    records.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return records;
}

export function Export({ query }: { query: RecordQuery }) {
  const [busy, setBusy] = useState(false);
  const download = async (format: "jsonl" | "csv") => {
    setBusy(true);
    try {
      const records = await everything(query);
      save(`ledger.${format}`, format === "csv" ? csv(records) : jsonLines(records), format === "csv" ? "text/csv" : "application/jsonl");
      done(`${records.length} ${records.length === 1 ? "record" : "records"} saved`);
    } catch (error) {
      failed(error);
    }
    setBusy(false);
  };
  return (
    <Menu position="bottom-end" width={290}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={busy}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>What the filters show</Menu.Label>
        <Menu.Item leftSection={<IconFileText size={16} />} onClick={() => void download("jsonl")}>
          JSON lines
        </Menu.Item>
        <Menu.Item leftSection={<IconFileSpreadsheet size={16} />} onClick={() => void download("csv")}>
          CSV, for a spreadsheet
        </Menu.Item>
        <Menu.Label>All of it, to be verified elsewhere</Menu.Label>
        <Menu.Item component="a" href="/api/v1/ledger/export" download leftSection={<IconShieldCheck size={16} />}>
          The log with its proofs (tar)
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
