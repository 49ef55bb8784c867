// The organisation's own policies: which there are, whether they count, and the way into each.
import { Switch, Text, UnstyledButton } from "@mantine/core";
import { IconArrowLeft, IconGavel, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { policiesQuery, useChange, useUndo } from "../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../api/client";
import { allowed, whoMay } from "../../api/rights";
import { useMe } from "../../api/session";
import { ConfirmModal } from "../../parts/confirm";
import { LinkButton } from "../../parts/links";
import { MayButton } from "../../parts/may";
import { Page } from "../../parts/page";
import { Empty } from "../../parts/states";
import { RowTable, type Column } from "../../parts/table";
import { done, failed } from "../../parts/toast";
import { Ago } from "../../time/zone";
import { ListPage, Loaded } from "./ListPage";
import { PolicyEditor, put } from "./policies/PolicyEditor";
import classes from "./settings.module.css";

type Policy = Schemas["Policy"];
const NEW = "new";

export function Policies() {
  const { policy: opened } = useSearch({ from: "/inside/settings/policies" });
  return opened === undefined ? <PolicyList /> : <OnePolicy key={opened} id={opened} />;
}

function OnePolicy({ id }: { id: string }) {
  const navigate = useNavigate();
  const policies = useQuery(policiesQuery);
  const policy = policies.data?.find((known) => known.id === id);
  const close = () => void navigate({ to: "/settings/policies" });
  return (
    <Page
      title={id === NEW ? "New policy" : (policy?.name ?? "Policy")}
      about="A forbid always wins. What nobody permits is refused, and so is what cannot be evaluated."
      actions={
        <LinkButton to="/settings/policies" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
          All policies
        </LinkButton>
      }
    >
      {id === NEW ? (
        <PolicyEditor onClose={close} onSaved={close} />
      ) : (
        <Loaded query={policies}>
          {() => (policy ? <PolicyEditor policy={policy} onClose={close} onSaved={close} /> : <Empty icon={IconGavel} title="There is no such policy">It may have been removed.</Empty>)}
        </Loaded>
      )}
    </Page>
  );
}

function PolicyList() {
  const me = useMe();
  const navigate = useNavigate();
  const policies = useQuery(policiesQuery);
  const [gone, setGone] = useState<Policy>();
  const touches = [policiesQuery.queryKey];
  const undo = useUndo(touches);
  const may = allowed(me.grants, "policy.manage");
  const change = useChange(({ policy, enabled }: { policy: Policy; enabled: boolean }) => put(policy, { name: policy.name, text: policy.text, enabled }), touches);
  const remove = useChange(({ id, version }: Policy) => answer(api.DELETE("/api/v1/policies/{policy}", { params: { path: { policy: id }, header: ifMatch(version) } })), touches);
  const open = (policy: string) => void navigate({ to: "/settings/policies", search: { policy } });
  const make = (
    <MayButton may={may} why={whoMay("policy.manage")} leftSection={<IconPlus size={16} aria-hidden />} onClick={() => open(NEW)}>
      New policy
    </MayButton>
  );
  const columns: Column<Policy>[] = [
    {
      head: "Policy",
      bare: true,
      cell: ({ id, name }) => (
        <UnstyledButton className={`${classes["name"]} foreign`} onClick={() => open(id)}>
          {name}
        </UnstyledButton>
      ),
    },
    {
      head: "Counts",
      narrow: true,
      cell: (policy) => (
        <Switch
          aria-label={`Whether ${policy.name} counts`}
          checked={policy.enabled}
          disabled={!may || change.isPending}
          onChange={(event) =>
            change.mutate(
              { policy, enabled: event.currentTarget.checked },
              {
                onSuccess: (now) =>
                  done(
                    now.enabled ? `${now.name} counts from now on.` : `${now.name} does not count any more.`,
                    undo(() => put(now, { name: now.name, text: now.text, enabled: !now.enabled })),
                  ),
                onError: failed,
              },
            )
          }
        />
      ),
    },
    {
      head: "Last changed",
      cell: ({ updated_at, updated_by }) => (
        <Text size="sm">
          <Ago at={updated_at} />
          <Text span size="xs" c="dimmed" className="foreign">
            {" "}
            by {updated_by}
          </Text>
        </Text>
      ),
    },
    {
      head: "Change",
      narrow: true,
      bare: true,
      cell: (policy) => (
        <MayButton may={may} why={whoMay("policy.manage")} size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => setGone(policy)}>
          Delete
        </MayButton>
      ),
    },
  ];
  return (
    <>
      <ListPage
        title="Policies"
        about="Every call is a question to policy. The policies that ship say what each role may do; yours can forbid anything, and permit what the guard leaves open."
        actions={make}
        query={policies}
        isEmpty={(list) => list.length === 0}
        empty={
          <Empty icon={IconGavel} title="No policy of your own" action={make}>
            The policies that ship hold: roles do what their name says, and production is guarded more closely. Write one to forbid more, or to permit a role something else.
          </Empty>
        }
      >
        {(list) => <RowTable label="Policies" rows={list} keyOf={({ id }) => id} columns={columns} />}
      </ListPage>
      <ConfirmModal
        opened={gone !== undefined}
        onClose={() => setGone(undefined)}
        title="Delete the policy?"
        verb="Delete policy"
        typed={gone?.name ?? ""}
        onConfirm={async () => {
          if (!gone) return;
          await remove.mutateAsync(gone);
          done(`${gone.name} is deleted.`);
        }}
      >
        What it forbids is no longer forbidden, and what it permits no longer permitted, at once. Its text stays in the ledger. To try that first, switch it off instead.
      </ConfirmModal>
    </>
  );
}
