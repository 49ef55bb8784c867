// What a page shows when it has nothing, cannot have it, or does not have it yet.
import { Alert, Anchor, Button, Center, Code, Group, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertCircle, IconPlugConnectedX, IconRefresh, type Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { ApiProblem, isProblem } from "../api/client";

/** Nothing is there, and that is no fault: what it means, and what to do next. */
export function Empty({ icon: Icon, title, children, action }: { icon: Icon; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Center py={64} px="md">
      <Stack align="center" gap="sm" maw={460}>
        <ThemeIcon size={56} radius="xl" variant="light" aria-hidden>
          <Icon size={30} stroke={1.6} />
        </ThemeIcon>
        <Title order={2} size="h3" ta="center">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" ta="center" size="sm" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

/** Something failed: what, what to do, and the id that finds it in the platform's log. */
export function Problem({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const unreachable = isProblem(error, "unreachable");
  const title = error instanceof ApiProblem ? error.title : "This page failed";
  const detail = error instanceof Error ? error.message : "Something went wrong that the page did not expect.";
  return (
    <Alert
      role="alert"
      color={unreachable ? "yellow" : "red"}
      variant="light"
      icon={unreachable ? <IconPlugConnectedX size={20} /> : <IconAlertCircle size={20} />}
      title={title}
      my="md"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="foreign-block">
          {detail}
        </Text>
        {error instanceof ApiProblem && error.requestId && (
          <Text size="xs" c="dimmed">
            Request <Code>{error.requestId}</Code>
          </Text>
        )}
        <Group gap="sm">
          {retry && (
            <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
              Try again
            </Button>
          )}
          {unreachable && (
            <Anchor href="/status" size="xs">
              Status of the platform
            </Anchor>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

/** Lines in the place of those that are being read. */
export function Lines({ count = 6, height = 44 }: { count?: number; height?: number }) {
  return (
    <Stack gap={8} aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: count }, (_, line) => (
        <Skeleton key={line} height={height} />
      ))}
    </Stack>
  );
}
