// The organisation as a whole: its name, its data to take away, its end.
import { Alert, Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconDownload, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useId, useState, type FormEvent, type ReactNode } from "react";

import { fieldProblem, isToldAtFields, tenantQuery, useChange, useUndo } from "../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../api/client";
import { allowed, whoMay } from "../../api/rights";
import { meQuery, useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { CopyBlock } from "../../parts/copy";
import { download } from "../../parts/download";
import { LinkText } from "../../parts/links";
import { MayButton } from "../../parts/may";
import { Problem } from "../../parts/states";
import { done } from "../../parts/toast";
import { Instant } from "../../time/zone";
import { Facts } from "./Facts";
import { ListPage } from "./ListPage";

const CERTIFICATE = "assent-deletion-certificate.txt";

type TenantDoc = Schemas["Tenant"];

export function Tenant() {
  const tenant = useQuery({ ...tenantQuery, staleTime: Infinity });
  return (
    <ListPage title="Organisation" query={tenant}>
      {(known) => (
        <Stack gap="lg">
          <Part title="Name">
            <Rename key={known.version} tenant={known} />
            <Facts
              facts={[
                ["Id", known.id],
                ["Made", <Instant key="made" at={known.created_at} />],
              ]}
            />
          </Part>
          <Part
            title="Take everything away"
            about="One file with everything that is kept of this organisation: settings, incidents, reports, facts, the live stream’s events and the ledger’s records. Passwords and hashes of secrets are left out; the file says where."
          >
            <Exports />
          </Part>
          <Part title="How long things are kept" about="Each environment says how long closed incidents and their reports are kept. The ledger is kept for ever: nothing can be taken out of it.">
            <LinkText to="/settings/environments" size="sm">
              Retention of each environment
            </LinkText>
          </Part>
          <Part title="Delete the organisation" about="Destroys its key. From then on nothing of it can be read, in backups neither.">
            <Deletion tenant={known} />
          </Part>
        </Stack>
      )}
    </ListPage>
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
            <Text size="sm" c="dimmed" mt={2} maw={720}>
              {about}
            </Text>
          )}
        </div>
        {children}
      </Stack>
    </Paper>
  );
}

function Rename({ tenant }: { tenant: TenantDoc }) {
  const me = useMe();
  const [name, setName] = useState(tenant.name);
  const touches = [tenantQuery.queryKey, meQuery.queryKey];
  const rename = useChange((next: string) => update(tenant, next), touches);
  const undo = useUndo(touches);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate(name, { onSuccess: (now) => done(`The organisation is called ${now.name} now.`, undo(() => update(now, tenant.name))) });
  };
  const may = allowed(me.grants, "tenant.update");
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-end">
        <TextInput
          label="Name of the organisation"
          required
          maxLength={100}
          readOnly={!may}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldProblem(rename.error, "/name")}
          flex="1 1 16rem"
          maw={420}
        />
        <MayButton may={may} why={whoMay("tenant.update")} type="submit" variant="default" loading={rename.isPending} disabled={may && (name.trim() === "" || name === tenant.name)}>
          Rename
        </MayButton>
      </Group>
      {rename.error && !isToldAtFields(rename.error, ["/name"]) && <Problem error={rename.error} />}
    </form>
  );
}

function Exports() {
  const me = useMe();
  const everything = allowed(me.grants, "tenant.export");
  const ledger = allowed(me.grants, "ledger.export");
  const icon = <IconDownload size={16} aria-hidden />;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {everything ? (
          // The browser saves it while it comes: an export can be larger than a page may hold.
          <Button component="a" href="/api/v1/tenant/export" download="assent-export.jsonl" leftSection={icon}>
            Export everything
          </Button>
        ) : (
          <MayButton may={false} why={whoMay("tenant.export")} leftSection={icon}>
            Export everything
          </MayButton>
        )}
        {ledger ? (
          <Button component="a" href="/api/v1/ledger/export" download="assent-ledger.tar" variant="default" leftSection={icon}>
            Export the ledger
          </Button>
        ) : (
          <MayButton may={false} why={whoMay("ledger.export")} variant="default" leftSection={icon}>
            Export the ledger
          </MayButton>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        The first is JSON lines and ends with a line of type end: a file without it was cut off. The second holds its proofs, and is checked with <code>assent ledger verify</code>, without this platform.
      </Text>
    </Stack>
  );
}

function Deletion({ tenant }: { tenant: TenantDoc }) {
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const [certificate, setCertificate] = useState<Schemas["DeletionCertificate"]>();
  const may = allowed(me.grants, "tenant.delete");
  if (certificate) return <Deleted certificate={certificate} name={tenant.name} />;
  return (
    <>
      <Text size="sm" maw={720}>
        Clusters are no longer watched, everybody is signed out, all keys and links hold no more. You get a signed certificate of the deletion, which can be checked by whoever
        trusts the ledger’s key. Export everything first if any of it may be needed.
      </Text>
      <div>
        <MayButton may={may} why={whoMay("tenant.delete")} color="red" variant="outline" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsking(true)}>
          Delete the organisation
        </MayButton>
      </div>
      <ConfirmModal
        opened={asking}
        onClose={() => setAsking(false)}
        title="Delete the organisation for good?"
        verb="Delete for good"
        typed={tenant.name}
        onConfirm={async () => {
          const signed = await answer(api.POST("/api/v1/tenant/delete", { body: { name: tenant.name } }));
          // At once: the session is gone with the organisation, and this page goes as soon as that is noticed.
          save(signed);
          setCertificate(signed);
        }}
      >
        Its key is destroyed. Nobody can read anything of <b className="foreign">{tenant.name}</b> from then on: not you, not whoever runs this platform, not from a backup.
      </ConfirmModal>
    </>
  );
}

function Deleted({ certificate, name }: { certificate: Schemas["DeletionCertificate"]; name: string }) {
  return (
    <Stack>
      <Alert color="green" variant="light" title="The organisation is deleted" role="status">
        <span className="foreign">{name}</span> cannot be read any more. Your browser saved the signed certificate as {CERTIFICATE}. It is shown this once.
      </Alert>
      <CopyBlock text={certificate.note} label="Copy certificate" />
      <Text size="sm">The key that signed it:</Text>
      <CopyBlock text={certificate.public_key} label="Copy public key" />
      <Group>
        <Button leftSection={<IconDownload size={16} aria-hidden />} onClick={() => save(certificate)}>
          Save it again
        </Button>
        {/* Not by the router: nothing of what this page knows is true any more. */}
        <Button component="a" href="/sign-in" variant="default">
          Leave
        </Button>
      </Group>
    </Stack>
  );
}

function save({ note, public_key }: Schemas["DeletionCertificate"]): void {
  download(CERTIFICATE, `${note}\nkey of the signature: ${public_key}\n`);
}

function update({ version }: TenantDoc, name: string): Promise<TenantDoc> {
  return answer(api.PATCH("/api/v1/tenant", { params: { header: ifMatch(version) }, body: { name } }));
}
