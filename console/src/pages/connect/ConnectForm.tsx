// What is asked before a cluster is added: where it belongs, what may be read, how the platform is reached.
import { Alert, Button, Code, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useId, useState, type FormEvent, type ReactNode } from "react";

import { fieldProblem, isToldAtFields, useChange } from "../../api/admin";
import { answer, api, type Schemas } from "../../api/client";
import { clustersQuery } from "../../api/queries";
import { Problem } from "../../parts/states";
import { endpointWords, firstEndpoint, labelWords } from "./endpoint";
import { EnvironmentChoice } from "./EnvironmentChoice";
import { ProfileChoice } from "./ProfileChoice";
import type { Profile } from "./profiles";

const FIELDS = ["/name", "/environment", "/endpoint"];

export function ConnectForm({ environment: first, onMade }: { environment?: string | undefined; onMade: (made: Schemas["NewCluster"]) => void }) {
  const [environment, setEnvironment] = useState(first);
  const [name, setName] = useState("");
  const [profiles, setProfiles] = useState<Profile[]>(["workloads", "logs"]);
  const [endpoint, setEndpoint] = useState(() => firstEndpoint(window.location.origin));
  const words = endpoint === "" ? undefined : endpointWords(endpoint);
  const plain = window.location.protocol === "http:";
  const make = useChange((body: Schemas["CreateCluster"]) => answer(api.POST("/api/v1/clusters", { body })), [clustersQuery.queryKey]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (environment === undefined) return;
    make.mutate({ name, environment, profiles: profiles.filter((profile) => profile !== "core"), endpoint: endpoint.trim() }, { onSuccess: onMade });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <Part number={1} title="Which cluster, and where it belongs">
          <TextInput
            label="Name of the cluster"
            description="As your team calls it. Lower case, digits and -."
            placeholder="prod-eu1"
            required
            autoFocus
            autoComplete="off"
            spellCheck={false}
            maw={420}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={labelWords(name) ?? fieldProblem(make.error, "/name")}
          />
          <EnvironmentChoice value={environment} onChange={setEnvironment} error={fieldProblem(make.error, "/environment")} />
        </Part>
        <Part number={2} title="What may be read" about="Each profile adds lines to one ClusterRole. Open one to see every line and the reason for it.">
          <ProfileChoice value={profiles} onChange={setProfiles} />
        </Part>
        <Part number={3} title="How the cluster reaches Assent" about="The observer calls out to this address. Nothing calls into the cluster, and no port is opened there.">
          <TextInput
            label="Address of this platform, as the cluster sees it"
            required
            type="url"
            placeholder="https://assent.example.com"
            description={plain ? "You opened this page without TLS, so this is not the address that clusters use. The platform serves others over TLS only, or behind a proxy that ends it." : undefined}
            spellCheck={false}
            maw={420}
            value={endpoint}
            onChange={(event) => setEndpoint(event.currentTarget.value)}
            error={(words?.level === "error" ? words.words : undefined) ?? fieldProblem(make.error, "/endpoint")}
          />
          {words?.level === "warning" && (
            <Alert color="yellow" variant="light" p="xs" role="status">
              {words.words}
            </Alert>
          )}
        </Part>
        {make.error && !isToldAtFields(make.error, FIELDS) && <Problem error={make.error} />}
        <Group>
          <Button type="submit" size="md" loading={make.isPending} disabled={environment === undefined || name === "" || labelWords(name) !== undefined || endpoint === "" || words?.level === "error"}>
            Make the manifest
          </Button>
          <Text size="sm" c="dimmed">
            Nothing is applied yet: you read the manifest first.
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          No cluster at hand? <Code>assent demo</Code> starts a platform that plays a cluster with incidents, on this machine and nowhere else. To explain what is wrong in a
          cluster without connecting it, run <Code>assent investigate</Code>.
        </Text>
      </Stack>
    </form>
  );
}

function Part({ number, title, about, children }: { number: number; title: string; about?: string; children: ReactNode }) {
  const id = useId();
  return (
    <Paper p={{ base: "md", sm: "lg" }} component="section" aria-labelledby={id}>
      <Stack gap="md">
        <div>
          <Title order={2} size="h4" id={id}>
            {number}. {title}
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
