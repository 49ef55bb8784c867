// Keys that work on every page, and the list of all keys.
import { Group, Kbd, Modal, Stack, Table, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { places } from "./places";

const OPEN = "assent:shortcuts";
/** How long the first key of a pair waits for the second. */
const PAIR_MS = 1_000;

export const openShortcuts = (): void => void window.dispatchEvent(new Event(OPEN));

/** Whether a key is meant for a field and not for the page. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Whether keys belong to the page: no field has them, no dialog is open, no modifier is held. */
export function forPage(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target) && !document.querySelector("[aria-modal=true]");
}

const rows: readonly (readonly [readonly string[], string])[] = [
  [["Ctrl", "K"], "Search, and all commands"],
  ...places.map(({ key, label }) => [["g", key], `Go to ${label.toLowerCase()}`] as const),
  [["j"], "Next entry"],
  [["k"], "Previous entry"],
  [["Enter"], "Open the entry"],
  [["/"], "Search in this page"],
  [["x"], "Select the incident"],
  [["a"], "Assign the incident, or what is selected, to you"],
  [["m"], "Mute it"],
  [["d"], "Dismiss it"],
  [["e"], "Open the evidence; j and k go through it"],
  [["c"], "Comment on the incident"],
  [["r"], "Explain the incident again"],
  [["["], "Incident before"],
  [["]"], "Next incident"],
  [["Esc"], "Close, or leave the search"],
  [["?"], "This list"],
];

export function Shortcuts() {
  const [opened, setOpened] = useState(false);
  const navigate = useNavigate();

  useEffect(() => {
    const stop = new AbortController();
    let pairUntil = 0;
    window.addEventListener(OPEN, () => setOpened(true), { signal: stop.signal });
    window.addEventListener(
      "keydown",
      (event) => {
        if (!forPage(event)) return;
        const place = event.timeStamp < pairUntil ? places.find(({ key }) => key === event.key) : undefined;
        pairUntil = event.key === "g" ? event.timeStamp + PAIR_MS : 0;
        if (place) {
          event.preventDefault();
          void navigate({ to: place.to });
        } else if (event.key === "?") setOpened(true);
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, [navigate]);

  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title="Keyboard shortcuts">
      <Stack>
        <Table>
          <Table.Tbody>
            {rows.map(([keys, what]) => (
              <Table.Tr key={keys.join(" ")}>
                <Table.Td w={120}>
                  <Group gap={4}>
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{what}</Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Modal>
  );
}
