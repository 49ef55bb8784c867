// A form in a dialog: its fields, its problem, its two buttons.
import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";

import { isToldAtFields } from "../../api/admin";
import { Problem } from "../../parts/states";

type FormModalProps = {
  opened: boolean;
  onClose: () => void;
  title: string;
  verb: string;
  onSubmit: () => void;
  busy: boolean;
  disabled?: boolean;
  error: unknown;
  /** Pointers of the fields that tell their own problems. */
  fields: readonly string[];
  children: ReactNode;
  size?: string;
};

export function FormModal({ opened, onClose, title, verb, onSubmit, busy, disabled = false, error, fields, children, size = "md" }: FormModalProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={size}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!disabled) onSubmit();
        }}
      >
        <Stack>
          {children}
          {error !== null && error !== undefined && !isToldAtFields(error, fields) && <Problem error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={disabled}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
