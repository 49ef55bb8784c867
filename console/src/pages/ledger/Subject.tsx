// What a record is about: a link where the console has a page for it, and always the id.
import { Group, Text } from "@mantine/core";

import { Copy } from "../../parts/copy";
import { LinkText } from "../../parts/links";

export function Subject({ id, name }: { id: string; name: string | undefined }) {
  return (
    <>
      <Place id={id} name={name} />
      <Group gap={4} wrap="nowrap">
        {name !== undefined && (
          <Text size="xs" c="dimmed" className="foreign">
            {id}
          </Text>
        )}
        <Copy text={id} label="Copy the id" />
      </Group>
      <LinkText to="/ledger" search={{ subject: id }} size="xs">
        All that was done to it
      </LinkText>
    </>
  );
}

function Place({ id, name }: { id: string; name: string | undefined }) {
  const text = name ?? id;
  if (id.startsWith("inc_")) {
    return (
      <LinkText to="/incidents/$incident" params={{ incident: id }} size="sm" className="foreign">
        {text}
      </LinkText>
    );
  }
  if (id.startsWith("pln_")) {
    return (
      <LinkText to="/actions/$plan" params={{ plan: id }} size="sm" className="foreign">
        {text}
      </LinkText>
    );
  }
  if (id.startsWith("cls_")) {
    return (
      <LinkText to="/topology" search={{ cluster: id }} size="sm" className="foreign">
        {text}
      </LinkText>
    );
  }
  return (
    <Text size="sm" className="foreign">
      {text}
    </Text>
  );
}
