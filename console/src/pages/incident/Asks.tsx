// Asks for the reason, and the time, before incidents go quiet.
import { Button, Chip, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";

import type { Schemas } from "../../api/client";
import { Problem } from "../../parts/states";
import type { IncidentActs } from "./acts";

type Summary = Schemas["IncidentSummary"];
export type Asked = { what: "mute" | "dismiss"; of: readonly Summary[] };

const HOUR_S = 3_600;
const spans: readonly (readonly [string, number])[] = [
  ["1 hour", HOUR_S],
  ["4 hours", 4 * HOUR_S],
  ["12 hours", 12 * HOUR_S],
  ["1 day", 24 * HOUR_S],
  ["1 week", 7 * 24 * HOUR_S],
  ["30 days", 30 * 24 * HOUR_S],
];
/** What the platform takes. */
const REASON_CHARS_MAX = 2_000;

export function Asks({ asked, acts, onClose }: { asked: Asked | undefined; acts: IncidentActs; onClose: (done: boolean) => void }) {
  const close = () => onClose(false);
  const finish = () => onClose(true);
  return (
    <>
      <Modal opened={asked?.what === "mute"} onClose={close} title={`Mute ${naming(asked?.of)}`}>
        {asked?.what === "mute" && <Mute of={asked.of} acts={acts} onClose={close} onDone={finish} />}
      </Modal>
      <Modal opened={asked?.what === "dismiss"} onClose={close} title={`Dismiss ${naming(asked?.of)}`}>
        {asked?.what === "dismiss" && <Dismiss of={asked.of} acts={acts} onClose={close} onDone={finish} />}
      </Modal>
    </>
  );
}

const naming = (of: readonly Summary[] | undefined): string => (of?.length === 1 ? "this incident" : `${of?.length ?? 0} incidents`);

type Ask = { of: readonly Summary[]; acts: IncidentActs; onClose: () => void; onDone: () => void };

function Mute({ of, acts, onClose, onDone }: Ask) {
  const [span, setSpan] = useState(String(4 * HOUR_S));
  const [reason, setReason] = useState("");
  return (
    <Form verb="Mute" onClose={onClose} onDone={onDone} submit={() => acts.mute(of, Number(span), reason.trim())} about={<Titles of={of} />}>
      <div>
        <Text size="sm" fw={500} mb={6} id="mute-for">
          For how long
        </Text>
        <Chip.Group value={span} onChange={(value) => setSpan(value as string)}>
          <Group gap={6} role="radiogroup" aria-labelledby="mute-for">
            {spans.map(([words, seconds]) => (
              <Chip key={words} value={String(seconds)} size="sm" radius="md">
                {words}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </div>
      <Textarea label="Reason" description="Kept on the ledger. You may leave it empty." value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={REASON_CHARS_MAX} autosize minRows={2} data-autofocus />
    </Form>
  );
}

function Dismiss({ of, acts, onClose, onDone }: Ask) {
  const [reason, setReason] = useState("");
  return (
    <Form verb="Dismiss" onClose={onClose} onDone={onDone} submit={() => acts.dismiss(of, reason.trim())} about={<Titles of={of} />} ready={reason.trim() !== ""}>
      <Textarea label="Why it does not matter" description="Kept on the ledger, and shown with the incident." required value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={REASON_CHARS_MAX} autosize minRows={2} data-autofocus />
    </Form>
  );
}

function Titles({ of }: { of: readonly Summary[] }) {
  const shown = of.slice(0, 5);
  return (
    <Stack gap={2}>
      {shown.map(({ id, title }) => (
        <Text key={id} size="sm" className="foreign" lineClamp={2}>
          {title}
        </Text>
      ))}
      {of.length > shown.length && (
        <Text size="sm" c="dimmed">
          and {of.length - shown.length} more
        </Text>
      )}
    </Stack>
  );
}

type FormProps = { verb: string; about: ReactNode; children: ReactNode; ready?: boolean; submit: () => Promise<unknown>; onClose: () => void; onDone: () => void };

function Form({ verb, about, children, ready = true, submit, onClose, onDone }: FormProps) {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      await submit();
      onDone();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <form
      onSubmit={(event) => void send(event)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
      }}
    >
      <Stack>
        {about}
        {children}
        {state.error !== undefined && <Problem error={state.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={state.busy} disabled={!ready}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
