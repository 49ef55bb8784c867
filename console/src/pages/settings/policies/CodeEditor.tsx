// A plain text field with numbered lines and a mark at the line that is wrong. Tab leaves it, as it leaves every other field.
import { Button, Group, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useId, useRef, useState } from "react";

import classes from "./editor.module.css";
import { lineCount, offsetOf, type Fault } from "./fault";

const PADDING_PX = 8;
const LINE_PX = 21;

type CodeEditorProps = { label: string; value: string; onChange: (text: string) => void; fault?: Fault | undefined; status: string; readOnly?: boolean };

export function CodeEditor({ label, value, onChange, fault, status, readOnly = false }: CodeEditorProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const goTo = ({ line, column }: Fault) => {
    const at = offsetOf(value, line, column);
    field.current?.focus();
    field.current?.setSelectionRange(at, at);
  };
  return (
    <div>
      <Text component="label" htmlFor={id} size="sm" fw={500} display="block" mb={4}>
        {label}
      </Text>
      <div className={classes["editor"]} data-invalid={fault !== undefined || undefined}>
        <div ref={gutter} className={classes["gutter"]} aria-hidden>
          {Array.from({ length: lineCount(value) }, (_, at) => (
            <div key={at} data-fault={fault?.line === at + 1 || undefined}>
              {at + 1}
            </div>
          ))}
        </div>
        {fault && <div className={classes["mark"]} style={{ top: PADDING_PX + (fault.line - 1) * LINE_PX - top }} aria-hidden />}
        <textarea
          ref={field}
          id={id}
          className={classes["text"]}
          value={value}
          readOnly={readOnly}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={({ currentTarget }) => {
            setTop(currentTarget.scrollTop);
            if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
          }}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          autoCorrect="off"
          wrap="off"
          aria-invalid={fault !== undefined}
          aria-describedby={`${id}-said`}
        />
      </div>
      <div id={`${id}-said`} role="status" aria-live="polite" style={{ minHeight: 30, paddingTop: 6 }}>
        {fault ? (
          <Group gap={6} wrap="nowrap" align="flex-start">
            <IconAlertCircle size={18} color="var(--assent-broken)" aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
            <Button size="compact-xs" variant="default" style={{ flexShrink: 0 }} onClick={() => goTo(fault)}>
              Line {fault.line}, column {fault.column}
            </Button>
            <Text size="sm" className="foreign-block">
              {fault.message}
            </Text>
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            {status}
          </Text>
        )}
      </div>
    </div>
  );
}
