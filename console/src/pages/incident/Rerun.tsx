// Explains an incident again, with what somebody knows that the evidence cannot show.
import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { incidentQuery } from "../../api/queries";
import { Problem } from "../../parts/states";
import { done } from "../../parts/toast";

/** What the platform takes. */
const CONTEXT_CHARS_MAX = 4_000;

export function Rerun({ incident, opened, onClose }: { incident: string; opened: boolean; onClose: () => void }) {
  const [context, setContext] = useState("");
  const queries = useQueryClient();
  const rerun = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/v1/incidents/{incident}/rerun", {
          params: { path: { incident } },
          body: context.trim() ? { context: context.trim() } : {},
        }),
      ),
    onSuccess: () => {
      done("It is being explained again");
      setContext("");
      onClose();
      return queries.invalidateQueries({ queryKey: incidentQuery(incident).queryKey });
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Explain it again">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rerun.mutate();
        }}
      >
        <Stack>
          <Text size="sm">The evidence of now is read, and the report is made anew. What you add is kept with the incident and told to readers; it is never taken as evidence.</Text>
          <Textarea
            label="What the evidence cannot show"
            placeholder="For example what was changed outside the cluster"
            value={context}
            onChange={(event) => setContext(event.currentTarget.value)}
            maxLength={CONTEXT_CHARS_MAX}
            autosize
            minRows={3}
            data-autofocus
          />
          {rerun.error && <Problem error={rerun.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={rerun.isPending}>
              Explain again
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
