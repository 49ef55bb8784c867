// Makes a key: what it is for, what it may do, how long it holds.
import { Select, TextInput } from "@mantine/core";
import { useState } from "react";

import { fieldProblem, keysQuery, useChange } from "../../../api/admin";
import { answer, api, type Schemas } from "../../../api/client";
import { FormModal } from "../FormModal";
import { tidy, type Grant } from "../grants";
import { GrantsEditor } from "../GrantsEditor";

const DAY_S = 24 * 3_600;
const ENDLESS = "0";
const spans = [
  { value: String(DAY_S), label: "1 day" },
  { value: String(7 * DAY_S), label: "7 days" },
  { value: String(30 * DAY_S), label: "30 days" },
  { value: String(90 * DAY_S), label: "90 days" },
  { value: String(365 * DAY_S), label: "1 year" },
  { value: ENDLESS, label: "Without end" },
];

export function KeyForm({ onClose, onMade }: { onClose: () => void; onMade: (made: Schemas["NewApiKey"]) => void }) {
  const [name, setName] = useState("");
  const [grants, setGrants] = useState<Grant[]>([{ role: "viewer" }]);
  const [span, setSpan] = useState(String(90 * DAY_S));
  const make = useChange((body: Schemas["CreateApiKey"]) => answer(api.POST("/api/v1/keys", { body })), [keysQuery.queryKey]);
  return (
    <FormModal
      opened
      onClose={onClose}
      title="New machine key"
      verb="Make key"
      onSubmit={() => make.mutate({ name, grants: grants.map(tidy), ...(span !== ENDLESS && { expires_in_s: Number(span) }) }, { onSuccess: onMade })}
      busy={make.isPending}
      disabled={name.trim() === "" || grants.length === 0}
      error={make.error}
      fields={["/name", "/grants", "/expires_in_s"]}
      size="xl"
    >
      <TextInput
        label="What is it for?"
        placeholder="deploy pipeline"
        required
        data-autofocus
        autoComplete="off"
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldProblem(make.error, "/name")}
      />
      <GrantsEditor value={grants} onChange={setGrants} error={fieldProblem(make.error, "/grants")} />
      <Select
        label="It holds for"
        description={span === ENDLESS ? "A key without an end holds until somebody remembers it." : "After that it has to be made anew."}
        allowDeselect={false}
        data={spans}
        value={span}
        onChange={(value) => value && setSpan(value)}
        error={fieldProblem(make.error, "/expires_in_s")}
        maw={280}
      />
    </FormModal>
  );
}
