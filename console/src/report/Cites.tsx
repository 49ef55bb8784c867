// The numbers of evidence beside a claim. Each opens the exact words.
import { Group, Tooltip, UnstyledButton } from "@mantine/core";
import { createContext, useContext } from "react";

import classes from "./Report.module.css";

export type Opener = { open: (id: string) => void; current: string | undefined; quoteOf: (id: string) => string | undefined };

export const EvidenceContext = createContext<Opener>({ open: () => undefined, current: undefined, quoteOf: () => undefined });

const HINT_CHARS = 140;

export function Cites({ ids }: { ids: readonly string[] }) {
  const { open, current, quoteOf } = useContext(EvidenceContext);
  if (ids.length === 0) return null;
  return (
    <Group gap={4} component="span" display="inline-flex" role="group" aria-label="Evidence" className={classes["cites"]}>
      {ids.map((id) => {
        const quote = quoteOf(id);
        const hint = quote === undefined ? id : quote.length > HINT_CHARS ? `${quote.slice(0, HINT_CHARS)}…` : quote;
        return (
          <Tooltip key={id} label={<span className="foreign">{hint}</span>} multiline maw={420}>
            <UnstyledButton className={classes["cite"]} onClick={() => open(id)} aria-label={`Evidence ${id}`} aria-haspopup="dialog" data-current={current === id || undefined}>
              {id}
            </UnstyledButton>
          </Tooltip>
        );
      })}
    </Group>
  );
}
