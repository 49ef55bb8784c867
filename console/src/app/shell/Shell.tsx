// The frame of all pages behind the sign-in.
import { ActionIcon, AppShell, Burger, Group, NavLink, Stack, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

import { follow } from "../../api/live";
import { meQuery } from "../../api/session";
import { Lines } from "../../parts/states";
import { AccountMenu } from "./AccountMenu";
import { Connection } from "./Connection";
import { Logo } from "./Logo";
import { openPalette, Palette } from "./Palette";
import { places } from "./places";
import classes from "./Shell.module.css";
import { Shortcuts } from "./Shortcuts";
import { ToVote } from "./ToVote";

export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const { data: me } = useQuery(meQuery);
  const queries = useQueryClient();
  const router = useRouter();

  const signedIn = Boolean(me);
  useEffect(() => (signedIn ? follow(queries) : undefined), [queries, signedIn]);
  useEffect(close, [pathname, close]);
  // The session ended, here or elsewhere: back to the sign-in, and from there to where one was.
  useEffect(() => {
    if (me === null) void router.invalidate();
  }, [me, router]);

  if (!me) return <Lines />;
  return (
    <AppShell header={{ height: 54 }} navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: !opened } }} padding={{ base: "md", lg: "xl" }}>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <AppShell.Header className={`${classes["header"]} no-print`}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={opened ? "Close navigation" : "Open navigation"} />
            <Link to="/" aria-label="Assent, to the overview" className={classes["home"]}>
              <Logo />
            </Link>
            <Text size="sm" c="dimmed" truncate className="foreign" visibleFrom="xs">
              {me.tenant_name}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Connection />
            <UnstyledButton className={classes["search"]} onClick={openPalette} visibleFrom="sm">
              <IconSearch size={15} aria-hidden /> <span>Search or jump to…</span> <kbd aria-hidden>Ctrl K</kbd>
            </UnstyledButton>
            <Tooltip label="Search and commands">
              <ActionIcon variant="default" size="lg" hiddenFrom="sm" onClick={openPalette} aria-label="Search and commands">
                <IconSearch size={18} />
              </ActionIcon>
            </Tooltip>
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" className="no-print" aria-label="Main">
        <Stack gap={2}>
          {places.map(({ to, label, icon: Icon, key }) => (
            <NavLink
              key={to}
              component={Link}
              to={to}
              label={label}
              leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
              rightSection={
                <>
                  <kbd className={classes["key"]}>g {key}</kbd>
                  {to === "/actions" && <ToVote />}
                </>
              }
              active={to === "/" ? pathname === "/" : pathname === to || pathname.startsWith(`${to}/`)}
              aria-current={(to === "/" ? pathname === "/" : pathname.startsWith(to)) ? "page" : undefined}
              className={classes["place"]}
              variant="light"
            />
          ))}
        </Stack>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Palette />
      <Shortcuts />
    </AppShell>
  );
}
