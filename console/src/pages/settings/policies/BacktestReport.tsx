// What a text would have decided about what was done: counts, and each decision that would have been different.
import { Alert, Group, Stack, Table, Text } from "@mantine/core";
import { IconArrowRight, IconCheck, IconX } from "@tabler/icons-react";

import type { Schemas } from "../../../api/client";
import { LinkText } from "../../../parts/links";
import classes from "../settings.module.css";

const SHOWN = 100;

function Decision({ permitted }: { permitted: boolean }) {
  return (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex">
      {permitted ? <IconCheck size={15} color="var(--assent-healthy)" aria-hidden /> : <IconX size={15} color="var(--assent-broken)" aria-hidden />}
      <span>{permitted ? "Permitted" : "Refused"}</span>
    </Group>
  );
}

export function BacktestReport({ found: { examined, would_refuse, would_permit, changed, unexamined } }: { found: Schemas["Backtest"] }) {
  const different = would_refuse + would_permit;
  return (
    <Stack gap="sm">
      <Alert color={different === 0 ? "green" : "yellow"} variant="light" title={different === 0 ? "Nothing would have been different" : `${different.toLocaleString("en")} decisions would have been different`}>
        {examined.toLocaleString("en")} decisions on the ledger were asked again.
        {different > 0 && ` ${would_refuse.toLocaleString("en")} that were permitted would be refused, ${would_permit.toLocaleString("en")} the other way round.`}
        {unexamined > 0 && ` ${unexamined.toLocaleString("en")} could not be asked again, since the ledger does not hold their question.`}
      </Alert>
      {changed.length > 0 && (
        <div className={classes["scroll"]} role="region" aria-label="Decisions that would be different" tabIndex={0} style={{ maxHeight: 320 }}>
          <Table verticalSpacing={6} stickyHeader miw={480}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Record</Table.Th>
                <Table.Th>Who</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Was, and would be</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {changed.slice(0, SHOWN).map(({ index, actor, action, was, would_be }) => (
                <Table.Tr key={index}>
                  <Table.Td>
                    <LinkText to="/ledger/$index" params={{ index: String(index) }} target="_blank" size="sm">
                      {index}
                    </LinkText>
                  </Table.Td>
                  <Table.Td className="foreign">{actor}</Table.Td>
                  <Table.Td className="foreign">{action}</Table.Td>
                  <Table.Td>
                    <Group gap={6} wrap="nowrap">
                      <Decision permitted={was} /> <IconArrowRight size={14} aria-label="would be" /> <Decision permitted={would_be} />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {changed.length > SHOWN && (
        <Text size="sm" c="dimmed">
          The newest {SHOWN} of {different.toLocaleString("en")} are listed.
        </Text>
      )}
    </Stack>
  );
}
