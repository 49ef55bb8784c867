// A channel that is made or changed: where it leads, what it tells, and when.
import { Group, PasswordInput, Radio, SimpleGrid, Stack, TagsInput, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";

import { channelsQuery, fieldProblem, useChange } from "../../../api/admin";
import { answer, api, ifMatch, type Schemas } from "../../../api/client";
import { FormModal } from "../FormModal";
import { kindOrder, kinds, whereTo, type Channel, type Kind } from "./kinds";
import { RulesFields } from "./RulesFields";
import { defaults, fault, tidy, type Rules } from "./rules";

type Target = Schemas["PutTarget"];
type FormProps = { channel?: Channel | undefined; environments: readonly Schemas["Environment"][]; onClose: () => void; onSaved: (channel: Channel) => void };

const KEY_CHARS_MIN = 16;
const pointers = ["/name", "/target/url", "/target/key", "/target/to"];

export function ChannelForm({ channel, environments, onClose, onSaved }: FormProps) {
  const [name, setName] = useState(channel?.name ?? "");
  const [kind, setKind] = useState<Kind>(channel?.target.type ?? "slack");
  const [url, setUrl] = useState("");
  const [key, setKey] = useState("");
  const [to, setTo] = useState<string[]>(channel?.target.type === "email" ? channel.target.to : []);
  const [rules, setRules] = useState<Rules>(channel?.rules ?? defaults);
  const save = useChange(
    (target: Target | undefined) =>
      channel === undefined
        ? answer(api.POST("/api/v1/channels", { body: { name, target: target ?? { type: "email", to }, rules: tidy(rules) } }))
        : answer(
            api.PATCH("/api/v1/channels/{channel}", {
              params: { path: { channel: channel.id }, header: ifMatch(channel.version) },
              body: { name, rules: tidy(rules), ...(target !== undefined && { target }) },
            }),
          ),
    [channelsQuery.queryKey],
  );
  // What is kept is never shown, so what is left empty stays as it is.
  const keeps = channel?.target.type === kind && (kind === "email" ? false : url === "" && key === "");
  const target = (): Target | undefined => {
    if (keeps) return undefined;
    if (kind === "email") return { type: kind, to };
    return kind === "webhook" ? { type: kind, url, key } : { type: kind, url };
  };
  const isAddressed = keeps || (kind === "email" ? to.length > 0 : url !== "" && (kind !== "webhook" || key.length >= KEY_CHARS_MIN));
  const missing = fault(rules);
  const kept = channel && channel.target.type === kind && kind !== "email" ? `Leave empty to keep ${whereTo(channel.target)}` : undefined;
  return (
    <FormModal
      opened
      onClose={onClose}
      title={channel ? "Change the channel" : "Add a channel"}
      verb={channel ? "Save" : "Add it"}
      onSubmit={() => save.mutate(target(), { onSuccess: onSaved })}
      busy={save.isPending}
      disabled={name.trim() === "" || !isAddressed || missing !== undefined}
      error={save.error}
      fields={pointers}
      size="xl"
    >
      <TextInput
        label="Name"
        placeholder="on-call"
        required
        data-autofocus
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldProblem(save.error, "/name")}
      />
      <Radio.Group label="Where to?" value={kind} onChange={(value) => setKind(value as Kind)}>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={8} mt={8}>
          {kindOrder.map((known) => {
            const { word, about, icon: Icon } = kinds[known];
            return (
              <Radio.Card key={known} value={known} p="sm">
                <Group wrap="nowrap" align="flex-start" gap="sm">
                  <Radio.Indicator mt={2} />
                  <div>
                    <Group gap={6} wrap="nowrap">
                      <Icon size={16} stroke={1.8} aria-hidden />
                      <Text size="sm" fw={550}>
                        {word}
                      </Text>
                    </Group>
                    <Text size="xs" c="dimmed">
                      {about}
                    </Text>
                  </div>
                </Group>
              </Radio.Card>
            );
          })}
        </SimpleGrid>
      </Radio.Group>
      {kind === "email" ? (
        <TagsInput
          label="Addresses"
          description="Only domains that the platform's configuration names in notify.smtp.domains."
          placeholder="on-call@example.com"
          required
          maxTags={20}
          acceptValueOnBlur
          value={to}
          onChange={setTo}
          error={fieldProblem(save.error, "/target/to")}
        />
      ) : (
        <>
          <PasswordInput
            label="URL"
            description="Kept sealed, and shown to nobody again. Its host must stand in the platform's configuration, in notify.hosts."
            placeholder={kept ?? (kind === "slack" ? "https://hooks.slack.com/services/…" : "https://…")}
            required={!keeps}
            autoComplete="off"
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value.trim())}
            error={fieldProblem(save.error, "/target/url")}
            visibilityToggleButtonProps={{ "aria-label": "Show the URL" }}
          />
          {kind === "webhook" && (
            <PasswordInput
              label="Key"
              description={`Messages are signed with it. ${KEY_CHARS_MIN} characters at least.`}
              placeholder={kept ? "Goes with the URL" : ""}
              required={!keeps}
              autoComplete="new-password"
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              error={fieldProblem(save.error, "/target/key")}
              visibilityToggleButtonProps={{ "aria-label": "Show the key" }}
            />
          )}
        </>
      )}
      <Stack gap="sm">
        <Title order={3} size="h5">
          What it tells, and when
        </Title>
        <RulesFields rules={rules} onChange={setRules} environments={environments} />
        {missing !== undefined && (
          <Text size="sm" c="dimmed" role="status">
            {missing}
          </Text>
        )}
      </Stack>
    </FormModal>
  );
}
