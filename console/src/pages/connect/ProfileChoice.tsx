// Which profiles an observer gets, each with the lines of the role that it adds and the reason for each line.
import { Badge, Checkbox, Code, Collapse, Group, Paper, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconShieldLock } from "@tabler/icons-react";
import { useId, useState } from "react";

import classes from "./connect.module.css";
import { never, profiles, type Profile, type ProfileAbout } from "./profiles";

export function ProfileChoice({ value, onChange }: { value: readonly Profile[]; onChange: (profiles: Profile[]) => void }) {
  const toggle = (profile: Profile, on: boolean) => onChange(profiles.map((row) => row.profile).filter((known) => (known === profile ? on : value.includes(known))));
  return (
    <Stack gap={8} role="group" aria-label="Profiles">
      {profiles.map((about) => (
        <ProfileRow key={about.profile} about={about} on={about.profile === "core" || value.includes(about.profile)} onToggle={(on) => toggle(about.profile, on)} />
      ))}
      <Group gap={8} wrap="nowrap" align="flex-start" mt={4}>
        <IconShieldLock size={18} aria-hidden style={{ flexShrink: 0, marginTop: 1 }} color="var(--assent-healthy)" />
        <Text size="sm">
          Never, whatever is chosen: {never.join(", ")}. The observer reviews its own rights at each start, and does not run with more than this.
        </Text>
      </Group>
    </Stack>
  );
}

function ProfileRow({ about: { profile, title, about, rights }, on, onToggle }: { about: ProfileAbout; on: boolean; onToggle: (on: boolean) => void }) {
  const [opened, setOpened] = useState(false);
  const id = useId();
  const count = rights.reduce((sum, { resources }) => sum + resources.length, 0);
  return (
    <Paper p="sm">
      <div className={classes["row"]}>
        <Checkbox
          checked={on}
          disabled={profile === "core"}
          onChange={(event) => onToggle(event.currentTarget.checked)}
          label={
            <Group gap={8} component="span">
              <span>{title}</span>
              {profile === "core" && (
                <Badge size="xs" variant="light" tt="none" component="span">
                  always
                </Badge>
              )}
            </Group>
          }
          description={about}
          classNames={{ label: classes["profile"] ?? "" }}
        />
        <UnstyledButton className={classes["why"]} aria-expanded={opened} aria-controls={id} onClick={() => setOpened(!opened)}>
          {opened ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
          <span>
            {count} {count === 1 ? "resource" : "resources"}
            <span className={classes["hidden"]}> of {title}, and why</span>
          </span>
        </UnstyledButton>
      </div>
      <Collapse expanded={opened} id={id}>
        <Table verticalSpacing={6} mt="xs" className={classes["rights"] ?? ""}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Reads</Table.Th>
              <Table.Th>May</Table.Th>
              <Table.Th>Why</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rights.map(({ resources, verbs, why }) => (
              <Table.Tr key={resources[0]}>
                <Table.Td>
                  <Stack gap={2} align="flex-start">
                    {resources.map((resource) => (
                      <Code key={resource} className={classes["resource"] ?? ""}>
                        {resource}
                      </Code>
                    ))}
                  </Stack>
                </Table.Td>
                <Table.Td className={classes["verbs"] ?? ""}>{verbs}</Table.Td>
                <Table.Td>{why}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Collapse>
    </Paper>
  );
}
