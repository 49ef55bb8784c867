// The head of a page: where one is, and what can be done here.
import { Box, Group, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";

type PageProps = { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode; wide?: boolean; narrow?: boolean };

export function Page({ title, about, actions, children, wide = false, narrow = false }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Assent`;
  }, [title]);
  return (
    <Box maw={wide ? undefined : narrow ? 860 : 1240} mx="auto" w="100%">
      <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
        <Box style={{ minWidth: 0, flex: "1 1 20rem" }}>
          <Title order={1} size="h2" className="foreign">
            {title}
          </Title>
          {about && (
            <Text c="dimmed" size="sm" mt={4} component="div">
              {about}
            </Text>
          )}
        </Box>
        {actions && (
          <Group gap="xs" className="no-print">
            {actions}
          </Group>
        )}
      </Group>
      {children}
    </Box>
  );
}
