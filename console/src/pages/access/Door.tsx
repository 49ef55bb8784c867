// The frame of the pages before the sign-in.
import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";

import { Logo } from "../../app/shell/Logo";

export function Door({ title, about, children, wide = false }: { title: string; about?: ReactNode; children: ReactNode; wide?: boolean }) {
  useEffect(() => {
    document.title = `${title} · Assent`;
  }, [title]);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw={wide ? 720 : 400} gap="lg">
        <Center>
          <Logo />
        </Center>
        <Paper p={{ base: "lg", sm: "xl" }} radius="lg" shadow="sm">
          <Stack>
            <div>
              <Title order={1} size="h3">
                {title}
              </Title>
              {about && (
                <Text size="sm" c="dimmed" mt={4} component="div">
                  {about}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Paper>
        <Text size="xs" c="dimmed" ta="center">
          Nothing changes without a person’s assent.
        </Text>
      </Stack>
    </Center>
  );
}
