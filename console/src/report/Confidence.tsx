// How sure a cause is, with what that means.
import { Group, HoverCard, Stack, Text, UnstyledButton } from "@mantine/core";

import { percent, sureness } from "./words";

const STEPS = 5;

export function Confidence({ confidence }: { confidence: number }) {
  const { word, means } = sureness(confidence);
  const full = confidence >= 0.95 ? 5 : confidence >= 0.9 ? 4 : confidence >= 0.8 ? 3 : confidence >= 0.7 ? 2 : confidence >= 0.5 ? 1 : 0;
  return (
    <HoverCard width={340} shadow="md" withArrow position="bottom-start">
      <HoverCard.Target>
        <UnstyledButton style={{ flexShrink: 0, whiteSpace: "nowrap" }}>
          <Group gap={8} wrap="nowrap">
            <Group gap={2} wrap="nowrap" aria-hidden>
              {Array.from({ length: STEPS }, (_, index) => (
                <span
                  key={index}
                  style={{ width: 7, height: 14, borderRadius: 2, background: index < full ? "var(--mantine-primary-color-filled)" : "var(--assent-line)" }}
                />
              ))}
            </Group>
            <Text size="sm" fw={600} component="span">
              {word}
            </Text>
            <Text size="sm" c="dimmed" component="span">
              {percent(confidence)}
              <span className="only-read">. {means}</span>
            </Text>
          </Group>
        </UnstyledButton>
      </HoverCard.Target>
      <HoverCard.Dropdown>
        <Stack gap={6}>
          <Text size="sm">{means}</Text>
          <Text size="xs" c="dimmed">
            The number starts from how the cause is shown. More sources raise it; missing evidence, or another cause that explains as much, lowers it. Below 50 % nothing is told as
            proven. How often each step was right on recorded scenarios is in docs/confidence.md.
          </Text>
        </Stack>
      </HoverCard.Dropdown>
    </HoverCard>
  );
}
