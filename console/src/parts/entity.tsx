// One object of a cluster, in the words of kubectl.
import { Text } from "@mantine/core";

export type EntityLike = { kind: string; namespace?: string | null | undefined; name: string };

/** `Deployment shop/cart`. */
export function entityText({ kind, namespace, name }: EntityLike): string {
  return namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

/** The same, with the kind subdued. */
export function EntityName({ entity, size = "sm" }: { entity: EntityLike; size?: string }) {
  return (
    <Text component="span" size={size} className="foreign">
      <Text component="span" inherit c="dimmed">
        {entity.kind}{" "}
      </Text>
      {entity.namespace ? `${entity.namespace}/` : ""}
      <Text component="span" inherit fw={550}>
        {entity.name}
      </Text>
    </Text>
  );
}
