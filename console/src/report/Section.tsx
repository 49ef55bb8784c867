import { Box, Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** One part of a page about an incident, under its heading. */
export function Section({ title, about, aside, children, id }: { title: string; about?: ReactNode; aside?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <Paper component="section" p={{ base: "sm", sm: "md" }} radius="md" aria-label={title} id={id}>
      <Group justify="space-between" align="baseline" gap="xs" mb="xs">
        <Box style={{ minWidth: 0 }}>
          <Title order={2} size="h5">
            {title}
          </Title>
          {about && (
            <Text size="xs" c="dimmed" component="div">
              {about}
            </Text>
          )}
        </Box>
        {aside}
      </Group>
      {children}
    </Paper>
  );
}
