// Says when what the page shows may be old. Nothing is said while all is well.
import { Badge, Tooltip } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconPlugConnectedX } from "@tabler/icons-react";

import { useLiveState } from "../../api/live";

export function Connection() {
  const live = useLiveState();
  const { online } = useNetwork();
  const words = !online ? "You are offline" : live === "lost" ? "Not live" : undefined;
  return (
    <div role="status" aria-live="polite">
      {words && (
        <Tooltip label="What you see may be old. The page reconnects by itself.">
          <Badge color="yellow" variant="light" tt="none" leftSection={<IconPlugConnectedX size={14} aria-hidden />} autoContrast>
            {words}
          </Badge>
        </Tooltip>
      )}
    </div>
  );
}
