import { Group, Text } from "@mantine/core";

export function Logo() {
  return (
    <Group gap={8} wrap="nowrap">
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="8" fill="#0f766e" />
        <path d="M9 22 16 8l7 14" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
        <path d="m12.5 18.5 3 3 7-8" fill="none" stroke="#99f6e4" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      <Text fw={700} size="lg" lh={1}>
        Assent
      </Text>
    </Group>
  );
}
