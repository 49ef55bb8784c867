// Something secret that is shown this once. It closes only when its reader says that they have it.
import { Alert, Button, Checkbox, Group, Modal, Stack } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

type OnceProps = { opened: boolean; onClose: () => void; title: string; about: string; children: ReactNode; size?: string };

export function Once({ opened, onClose, title, about, children, size = "lg" }: OnceProps) {
  const [kept, setKept] = useState(false);
  const close = () => {
    setKept(false);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={title} size={size} closeOnClickOutside={false} closeOnEscape={kept} withCloseButton={kept}>
      <Stack>
        <Alert color="yellow" variant="light" icon={<IconKey size={20} aria-hidden />} title="Shown this once">
          {about}
        </Alert>
        {children}
        <Group justify="space-between">
          <Checkbox label="I have it" checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} />
          <Button onClick={close} disabled={!kept}>
            Done
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
