// Renames a cluster, or moves it to another environment.
import { Select, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { fieldProblem, useChange, useUndo } from "../../../api/admin";
import type { Schemas } from "../../../api/client";
import { clustersQuery } from "../../../api/queries";
import { allowed } from "../../../api/rights";
import { useMe } from "../../../api/session";
import { criticalities } from "../../../parts/criticality";
import { done } from "../../../parts/toast";
import { labelWords } from "../../connect/endpoint";
import { FormModal } from "../FormModal";
import { updateCluster } from "./changes";

type ClusterFormProps = { cluster: Schemas["Cluster"]; environments: readonly Schemas["Environment"][]; onClose: () => void };

export function ClusterForm({ cluster, environments, onClose }: ClusterFormProps) {
  const me = useMe();
  // As it was when the form was opened: live updates do not overwrite what is being typed.
  const [seen] = useState(cluster);
  const [name, setName] = useState(cluster.name);
  const [environment, setEnvironment] = useState(cluster.environment);
  const change = useChange((body: Schemas["UpdateCluster"]) => updateCluster(seen, body), [clustersQuery.queryKey]);
  const undo = useUndo([clustersQuery.queryKey]);
  const fitting = environments.filter(({ id, criticality }) => id === seen.environment || allowed(me.grants, "cluster.manage", { environment: id, criticality }));
  const isMoved = environment !== seen.environment;
  const submit = () =>
    change.mutate(
      { ...(name !== seen.name && { name }), ...(isMoved && { environment }) },
      {
        onSuccess: (now) => {
          onClose();
          done(isMoved ? `${now.name} is moved.` : `The cluster is called ${now.name} now.`, undo(() => updateCluster(now, { name: seen.name, environment: seen.environment })));
        },
      },
    );
  return (
    <FormModal
      opened
      onClose={onClose}
      title="Rename or move the cluster"
      verb="Save"
      onSubmit={submit}
      busy={change.isPending}
      disabled={name === "" || labelWords(name) !== undefined || (name === seen.name && !isMoved)}
      error={change.error}
      fields={["/name", "/environment"]}
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={labelWords(name) ?? fieldProblem(change.error, "/name")}
      />
      <Select
        label="Environment"
        allowDeselect={false}
        data={fitting.map((known) => ({ value: known.id, label: `${known.name} (${criticalities[known.criticality].word})` }))}
        value={environment}
        onChange={(id) => id && setEnvironment(id)}
        error={fieldProblem(change.error, "/environment")}
      />
      {isMoved && (
        <Text size="sm" c="dimmed">
          Who may see and work on its incidents, what is redacted from now on, and how long closed incidents are kept, follow the new environment.
        </Text>
      )}
    </FormModal>
  );
}
