// Says that something was done, and offers to take it back where it can be.
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import { ApiProblem } from "../api/client";

const SHOWN_MS = 7_000;
const closeButtonProps = { "aria-label": "Close this message" };

export function done(message: string, undo?: () => Promise<unknown>): void {
  const id = notifications.show({
    color: "assent",
    autoClose: SHOWN_MS,
    closeButtonProps,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className="foreign">
          {message}
        </Text>
        {undo && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              notifications.hide(id);
              undo().catch(failed);
            }}
          >
            Undo
          </Button>
        )}
      </Group>
    ),
  });
}

export function failed(error: unknown): void {
  const title = error instanceof ApiProblem ? error.title : "That did not work";
  const message = (
    <Text size="sm" c="var(--mantine-color-text)" className="foreign">
      {error instanceof Error ? error.message : "An unexpected failure."}
    </Text>
  );
  notifications.show({ color: "red", title, message, autoClose: SHOWN_MS * 2, closeButtonProps });
}
