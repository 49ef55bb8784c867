// What people said about it. New remarks of others come in by themselves.
import { Avatar, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type KeyboardEvent, type Ref } from "react";

import { answer, api } from "../../api/client";
import { commentsQuery } from "../../api/queries";
import { Lines, Problem } from "../../parts/states";
import { Section } from "../../report/Section";
import { Ago } from "../../time/zone";

/** What the platform takes. */
const CHARS_MAX = 10_000;

export function Comments({ incident, field, speaks }: { incident: string; field: Ref<HTMLTextAreaElement>; speaks: boolean }) {
  const { data, error, refetch } = useQuery(commentsQuery(incident));
  return (
    <Section title={data && data.length > 0 ? `Comments (${data.length})` : "Comments"} id="comments">
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Lines count={2} height={40} />}
      <Stack gap="md" role="log" aria-label="Comments" aria-live="polite">
        {data?.map(({ id, by_name, at, text }) => (
          <Group key={id} gap="sm" wrap="nowrap" align="flex-start">
            <Avatar size={28} radius="xl" name={by_name} color="gray" aria-hidden />
            <div style={{ minWidth: 0, flex: 1 }}>
              <Text size="xs" c="dimmed" component="div">
                <Text span fw={600} c="var(--mantine-color-text)" className="foreign">
                  {by_name}
                </Text>{" "}
                <Ago at={at} />
              </Text>
              <Text size="sm" className="foreign-block">
                {text}
              </Text>
            </div>
          </Group>
        ))}
      </Stack>
      {data?.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody has said anything yet.
        </Text>
      )}
      {speaks && <Compose incident={incident} field={field} />}
    </Section>
  );
}

function Compose({ incident, field }: { incident: string; field: Ref<HTMLTextAreaElement> }) {
  const [text, setText] = useState("");
  const queries = useQueryClient();
  const post = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/incidents/{incident}/comments", { params: { path: { incident } }, body: { text: text.trim() } })),
    onSuccess: async (comment) => {
      setText("");
      queries.setQueryData(commentsQuery(incident).queryKey, (before) => before && [...before.filter(({ id }) => id !== comment.id), comment]);
      await queries.invalidateQueries({ queryKey: ["incident", incident] });
    },
  });
  const ready = text.trim() !== "" && !post.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) post.mutate();
  };
  const keys = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
    if (event.key === "Escape") event.currentTarget.blur();
  };
  return (
    <form onSubmit={submit} className="no-print">
      <Stack gap="xs" mt="md">
        <Textarea
          ref={field}
          aria-label="Your comment"
          placeholder="What you saw, did or decided"
          description={text ? "Plain text. Ctrl Enter posts it." : undefined}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={keys}
          maxLength={CHARS_MAX}
          autosize
          minRows={2}
          maxRows={12}
        />
        {post.error && <Problem error={post.error} />}
        <Group justify="flex-end">
          <Button type="submit" size="sm" variant={ready ? "filled" : "default"} disabled={!ready} loading={post.isPending}>
            Comment
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
