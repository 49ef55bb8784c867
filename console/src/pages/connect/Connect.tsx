// Adds a cluster: what is asked, what to apply, and what comes of it.
import { Paper, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { environmentsQuery } from "../../api/queries";
import { allowed, allowedSomewhere } from "../../api/rights";
import { useMe } from "../../api/session";
import { LinkButton, LinkText } from "../../parts/links";
import { Page } from "../../parts/page";
import { Empty } from "../../parts/states";
import { ArrivalPanel } from "./ArrivalPanel";
import { ConnectForm } from "./ConnectForm";
import { Manifest } from "./Manifest";

export function Connect() {
  const me = useMe();
  const { cluster, environment } = useSearch({ from: "/inside/connect" });
  const navigate = useNavigate();
  // The manifest holds a key: it lives as long as this page, and nowhere else.
  const [made, setMade] = useState<Schemas["NewCluster"]>();
  const environments = useQuery(environmentsQuery);
  const may =
    allowed(me.grants, "environment.manage") ||
    (environments.data?.some(({ id, criticality }) => allowed(me.grants, "cluster.manage", { environment: id, criticality })) ?? allowedSomewhere(me.grants, "cluster.manage"));
  if (!may)
    return (
      <Page title="Connect a cluster">
        <Empty icon={IconLock} title="You may not connect clusters">
          Owners and admins may, and in a lab whoever works there. Ask one of them.
        </Empty>
      </Page>
    );
  const take = (next: Schemas["NewCluster"]) => {
    setMade(next);
    void navigate({ to: "/connect", search: { cluster: next.cluster.id } });
  };
  const shown = made?.cluster.id === cluster ? made : undefined;
  return (
    <Page
      title="Connect a cluster"
      about="A small observer runs in the cluster. It reads what you choose here, and can change nothing."
      narrow
      actions={
        cluster !== undefined && (
          <LinkButton to="/connect" variant="default">
            Connect another
          </LinkButton>
        )
      }
    >
      {cluster === undefined ? (
        <ConnectForm environment={environment} onMade={take} />
      ) : (
        <Stack gap="lg">
          <ArrivalPanel key={cluster} cluster={cluster} />
          {shown ? (
            <Paper p={{ base: "md", sm: "lg" }} component="section" aria-label="Manifest">
              <Manifest cluster={shown.cluster.name} manifest={shown.manifest} />
            </Paper>
          ) : (
            <Text size="sm" c="dimmed">
              The manifest was shown once, when the cluster was added. If it was not applied, rotate the key in the{" "}
              <LinkText to="/settings/clusters" search={{ cluster }}>
                settings of the cluster
              </LinkText>{" "}
              to get another.
            </Text>
          )}
        </Stack>
      )}
    </Page>
  );
}
