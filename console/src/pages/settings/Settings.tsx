// The rooms of the settings, with one list of them beside the page (above it on a phone).
import { Box, Flex, NavLink, ScrollArea, Stack } from "@mantine/core";
import { IconBell, IconBuilding, IconEyeOff, IconGavel, IconKey, IconServer2, IconSpeakerphone, IconStack2, IconUsers, type Icon } from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

type Room = {
  to:
    | "/settings/clusters"
    | "/settings/environments"
    | "/settings/members"
    | "/settings/keys"
    | "/settings/policies"
    | "/settings/redaction"
    | "/settings/alerts"
    | "/settings/notifications"
    | "/settings/tenant";
  label: string;
  icon: Icon;
};

const rooms: readonly Room[] = [
  { to: "/settings/clusters", label: "Clusters", icon: IconServer2 },
  { to: "/settings/environments", label: "Environments", icon: IconStack2 },
  { to: "/settings/members", label: "Members and roles", icon: IconUsers },
  { to: "/settings/keys", label: "Machine keys", icon: IconKey },
  { to: "/settings/policies", label: "Policies", icon: IconGavel },
  { to: "/settings/redaction", label: "Redaction", icon: IconEyeOff },
  { to: "/settings/alerts", label: "Alerts in", icon: IconBell },
  { to: "/settings/notifications", label: "Notifications", icon: IconSpeakerphone },
  { to: "/settings/tenant", label: "Organisation", icon: IconBuilding },
];

export function Settings() {
  const { pathname } = useLocation();
  const nav = useRef<HTMLElement>(null);
  // On a phone the rooms stand in one row, of which only some are in view.
  useEffect(() => {
    nav.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <Flex gap={{ base: "md", md: "xl" }} direction={{ base: "column", md: "row" }} maw={1240} mx="auto">
      <Box component="nav" ref={nav} aria-label="Settings" w={{ base: "100%", md: 200 }} style={{ flexShrink: 0 }}>
        <ScrollArea type="never">
          <Flex component={Stack} direction={{ base: "row", md: "column" }} gap={2} wrap="nowrap">
            {rooms.map(({ to, label, icon: Icon }) => (
              <NavLink
                key={to}
                component={Link}
                to={to}
                label={label}
                leftSection={<Icon size={17} stroke={1.7} aria-hidden />}
                active={pathname === to}
                aria-current={pathname === to ? "page" : undefined}
                style={{ borderRadius: "var(--mantine-radius-md)", whiteSpace: "nowrap" }}
              />
            ))}
          </Flex>
        </ScrollArea>
      </Box>
      <Box style={{ flex: 1, minWidth: 0 }}>
        <Outlet />
      </Box>
    </Flex>
  );
}
