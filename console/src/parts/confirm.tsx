// Asks before something that cannot be taken back.
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { Problem } from "./states";

type Confirm = {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** What the button says: the verb, as in `Delete cluster`. */
  verb: string;
  /** What must be typed, for what is gone for good. */
  typed?: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
};

export function ConfirmModal({ opened, onClose, title, children, verb, typed, danger = true, onConfirm }: Confirm) {
  const [text, setText] = useState("");
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const close = () => {
    setText("");
    setState({ busy: false });
    onClose();
  };
  const confirm = async () => {
    setState({ busy: true });
    try {
      await onConfirm();
      close();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <Stack gap="md">
          <Text size="sm" component="div">
            {children}
          </Text>
          {typed !== undefined && (
            <TextInput
              label={
                <>
                  Type <b className="foreign">{typed}</b> to confirm
                </>
              }
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
            />
          )}
          {state.error !== undefined && <Problem error={state.error} />}
          {danger && typed !== undefined && (
            <Alert color="red" variant="light" p="xs">
              This cannot be undone.
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" color={danger ? "red" : "assent"} loading={state.busy} disabled={typed !== undefined && text !== typed}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
