// One piece of evidence: the exact words, where they stand, when they were so, and which claims rest on them.
import { ActionIcon, Alert, Badge, Drawer, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconCircleCheck, IconHelpCircle } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";

import { typing } from "../app/shell/Shortcuts";
import { Copy } from "../parts/copy";
import { EntityName } from "../parts/entity";
import { Instant } from "../time/zone";
import { allEvidence, citedBy, placeOf, type Evidence, type Report } from "./evidence";
import { Prose } from "./Prose";
import classes from "./Report.module.css";

type Props = {
  report: Report;
  id: string | undefined;
  open: (id: string) => void;
  onClose: () => void;
  /** The words with what stands around them, where that can be had. */
  excerpt?: (evidence: Evidence) => ReactNode;
  /** The address that leads to this piece. */
  link?: ((id: string) => string) | undefined;
};

export function EvidenceDrawer({ report, id, open, onClose, excerpt, link }: Props) {
  const all = allEvidence(report);
  const at = all.findIndex((one) => one.id === id);
  const shown = all[at];
  const [before, after] = [all[at - 1], all[at + 1]];

  useEffect(() => {
    if (!id) return;
    const stop = new AbortController();
    window.addEventListener(
      "keydown",
      (event) => {
        if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
        const next = event.key === "j" || event.key === "ArrowRight" ? after : event.key === "k" || event.key === "ArrowLeft" ? before : undefined;
        if (next) open(next.id);
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, [id, before, after, open]);

  return (
    <Drawer.Root opened={id !== undefined} onClose={onClose} position="right" size={560}>
      <Drawer.Overlay backgroundOpacity={0.25} />
      <Drawer.Content>
        <Drawer.Header>
          <Group gap="xs" wrap="nowrap">
            <Drawer.Title fw={650}>Evidence {shown?.id ?? id}</Drawer.Title>
            {shown && (
              <Text size="sm" c="dimmed">
                {at + 1} of {all.length}
              </Text>
            )}
          </Group>
          <Group gap={4} wrap="nowrap" ms="auto" me="xs">
            <Step label="Evidence before (k)" to={before} open={open} icon={<IconChevronLeft size={18} />} />
            <Step label="Next evidence (j)" to={after} open={open} icon={<IconChevronRight size={18} />} />
            {shown && link && <Copy text={link(shown.id)} label="Copy the link to this evidence" />}
          </Group>
          <Drawer.CloseButton aria-label="Close" />
        </Drawer.Header>
        <Drawer.Body>
          {shown ? (
            <Stack gap="md" aria-live="polite">
              {excerpt ? excerpt(shown) : <Quote quote={shown.quote} />}
              {!excerpt && citedBy(report, shown.id).some((claim) => claim.shown) && <Checked checked />}
              <Facts evidence={shown} />
              <Claims report={report} id={shown.id} />
            </Stack>
          ) : (
            <Alert color="yellow" variant="light" title="This evidence is not in the report any more">
              The report was made anew since the link was. Its claims cite their evidence as it is now.
            </Alert>
          )}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Step({ label, to, open, icon }: { label: string; to: Evidence | undefined; open: (id: string) => void; icon: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size="lg" disabled={!to} onClick={() => to && open(to.id)} aria-label={label}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** The words, marked, between what stands before and after them. */
export function Quote({ quote, before = "", after = "" }: { quote: string; before?: string; after?: string }) {
  return (
    <pre className={`${classes["quote"]} foreign-block`} tabIndex={0} aria-label="The exact words">
      {before && <span className={classes["around"]}>{before}</span>}
      <mark ref={before ? intoView : undefined}>{quote}</mark>
      {after && <span className={classes["around"]}>{after}</span>}
    </pre>
  );
}

/** Scrolls the block alone, so that the words stand in its middle. */
function intoView(mark: HTMLElement | null): void {
  const block = mark?.parentElement;
  if (mark && block) block.scrollTop = mark.offsetTop - block.offsetTop - block.clientHeight / 3;
}

/** Whether the proof checker found the words where the report says they are. */
export function Checked({ checked }: { checked: boolean }) {
  return checked ? (
    <Badge color="green" variant="light" tt="none" leftSection={<IconCircleCheck size={14} aria-hidden />} autoContrast>
      Checked: these words stand at this place
    </Badge>
  ) : (
    <Badge color="yellow" variant="light" tt="none" leftSection={<IconHelpCircle size={14} aria-hidden />} autoContrast>
      Not checked
    </Badge>
  );
}

function Facts({ evidence }: { evidence: Evidence }) {
  return (
    <dl className={classes["facts"]}>
      <dt>About</dt>
      <dd>
        <EntityName entity={evidence.about} />
      </dd>
      <dt>Source</dt>
      <dd className="foreign">
        {evidence.source}
        {evidence.section && `, ${evidence.section}`}
      </dd>
      <dt>Place</dt>
      <dd title={evidence.locator}>{placeOf(evidence.locator)}</dd>
      <dt>True at</dt>
      <dd>{evidence.time ? <Instant at={evidence.time} /> : "when the report was made"}</dd>
    </dl>
  );
}

function Claims({ report, id }: { report: Report; id: string }) {
  const claims = citedBy(report, id);
  if (claims.length === 0) return null;
  return (
    <div>
      <Title order={3} size="h6" mb={4}>
        Claims that rest on it
      </Title>
      {claims.map(({ what, shown }, index) => (
        <div key={index} className={classes["out"]}>
          <Text size="sm" component="div">
            <Prose text={what} />
            {!shown && (
              <Text span size="xs" c="dimmed">
                {" "}
                (not proven)
              </Text>
            )}
          </Text>
        </div>
      ))}
    </div>
  );
}
