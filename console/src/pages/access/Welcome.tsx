// Right after the set-up: where things are, and the one thing to do next.
import { Anchor, Button, List, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconEye, IconFileCheck, IconNotebook, IconUserCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { clustersQuery } from "../../api/queries";
import { allowedSomewhere } from "../../api/rights";
import type { Me } from "../../api/session";
import { Door } from "./Door";

export function Welcome({ me }: { me: Me }) {
  const clusters = useQuery(clustersQuery);
  const connects = allowedSomewhere(me.grants, "cluster.manage") && clusters.data?.length === 0;
  const bullet = (Icon: typeof IconEye) => (
    <ThemeIcon size={26} radius="xl" variant="light" aria-hidden>
      <Icon size={15} />
    </ThemeIcon>
  );
  return (
    <Door title={`Welcome, ${me.name}`} about={<span className="foreign">You are signed in to {me.tenant_name}.</span>}>
      <Stack>
        <List spacing="sm" size="sm" center>
          <List.Item icon={bullet(IconEye)}>A read-only observer in each cluster tells what is there. It can change nothing.</List.Item>
          <List.Item icon={bullet(IconFileCheck)}>What goes wrong is explained. Each claim shows its evidence, and code has checked it.</List.Item>
          <List.Item icon={bullet(IconUserCheck)}>Nothing is changed without somebody’s assent.</List.Item>
          <List.Item icon={bullet(IconNotebook)}>Who did what is in the ledger, which can be proven to be whole.</List.Item>
        </List>
        {connects ? (
          <>
            <Button component={Link} to="/connect">
              Connect a cluster
            </Button>
            <Text size="sm" ta="center">
              <Anchor component={Link} to="/">
                Look around first
              </Anchor>
            </Text>
          </>
        ) : (
          <Button component={Link} to="/" loading={clusters.isPending}>
            Go to the overview
          </Button>
        )}
      </Stack>
    </Door>
  );
}
