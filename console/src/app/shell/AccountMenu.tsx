import { ActionIcon, Avatar, Menu, SegmentedControl, Text, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconBook, IconClock, IconHeartRateMonitor, IconKeyboard, IconLogout, IconUser } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { signOut, useMe } from "../../api/session";
import { failed } from "../../parts/toast";
import { useZone } from "../../time/zone";
import { openShortcuts } from "./Shortcuts";

export function AccountMenu() {
  const me = useMe();
  const zone = useZone();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = async () => {
    try {
      await signOut(queries);
      await navigate({ to: "/sign-in" });
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Menu position="bottom-end" width={250} withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" radius="xl" aria-label="Your account">
          <Avatar size={30} radius="xl" color="assent" variant="light" aria-hidden>
            <IconUser size={18} />
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate className="foreign">
            {me.name}
          </Text>
          {me.email && (
            <Text size="xs" truncate className="foreign">
              {me.email}
            </Text>
          )}
        </Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} />}>
          Account and sessions
        </Menu.Item>
        <Menu.Item onClick={openShortcuts} leftSection={<IconKeyboard size={16} />}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item onClick={zone.switchZone} closeMenuOnClick={false} leftSection={<IconClock size={16} />}>
          Times in {zone.name}
        </Menu.Item>
        <Menu.Label>Theme</Menu.Label>
        <SegmentedControl
          mx="sm"
          mb="xs"
          size="xs"
          aria-label="Theme"
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
          data={[
            { value: "auto", label: "System" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
        <Menu.Divider />
        <Menu.Item component="a" href="/docs" leftSection={<IconBook size={16} />}>
          API
        </Menu.Item>
        <Menu.Item component="a" href="/status" leftSection={<IconHeartRateMonitor size={16} />}>
          Status of the platform
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void leave()} leftSection={<IconLogout size={16} />}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
