// One's own account: who one is here, where one is signed in, how times and colours are shown.
import { Paper, SegmentedControl, Stack, Text, Title, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useId, type ReactNode } from "react";

import { useMe } from "../../api/session";
import { LinkText } from "../../parts/links";
import { Page } from "../../parts/page";
import { useZone } from "../../time/zone";
import { Facts } from "../settings/Facts";
import { GrantList } from "../settings/GrantsEditor";
import { Passkeys } from "./Passkeys";
import { Sessions } from "./Sessions";
import { SshKeys } from "./SshKeys";

export function Account() {
  const me = useMe();
  return (
    <Page title="Account" narrow>
      <Stack gap="lg">
        <Part title="You">
          <Facts
            facts={[
              ["Name", me.name],
              me.email ? ["E-mail", me.email] : null,
              ["Organisation", me.tenant_name],
              ["You may", <GrantList key="grants" grants={me.grants} />],
              ["The ledger calls you", me.principal],
            ]}
          />
          <Text size="sm" c="dimmed">
            Owners and admins change names and grants in{" "}
            <LinkText to="/settings/members" size="sm">
              members and roles
            </LinkText>
            .
          </Text>
        </Part>
        <Part title="Where you are signed in" about="A session ends after half a day unused, and after a week at most; one of a command line as this platform is set to.">
          <Sessions />
        </Part>
        <Part title="Passkeys" about="Sign in, and sign votes on plans, with your finger, face or PIN. A passkey never leaves its device or its keeper; only its public half is kept here.">
          <Passkeys />
        </Part>
        <Part title="SSH keys" about="Sign votes on plans from the command line. Nobody signs in with one.">
          <SshKeys />
        </Part>
        <Part title="How things are shown" about="Kept in this browser.">
          <Looks />
        </Part>
      </Stack>
    </Page>
  );
}

function Part({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  const id = useId();
  return (
    <Paper p={{ base: "md", sm: "lg" }} component="section" aria-labelledby={id}>
      <Stack gap="md">
        <div>
          <Title order={2} size="h4" id={id}>
            {title}
          </Title>
          {about && (
            <Text size="sm" c="dimmed" mt={2}>
              {about}
            </Text>
          )}
        </div>
        {children}
      </Stack>
    </Paper>
  );
}

function Looks() {
  const zone = useZone();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const theme = useId();
  const times = useId();
  return (
    <Stack gap="md">
      <div>
        <Text size="sm" fw={500} mb={4} id={theme}>
          Theme
        </Text>
        <SegmentedControl
          aria-labelledby={theme}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
          data={[
            { value: "auto", label: "System" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
      </div>
      <div>
        <Text size="sm" fw={500} mb={4} id={times}>
          Times
        </Text>
        <SegmentedControl
          aria-labelledby={times}
          value={zone.isUtc ? "utc" : "local"}
          onChange={(value) => (value === "utc") !== zone.isUtc && zone.switchZone()}
          data={[
            { value: "local", label: `This browser’s (${Intl.DateTimeFormat().resolvedOptions().timeZone})` },
            { value: "utc", label: "UTC" },
          ]}
        />
      </div>
    </Stack>
  );
}
