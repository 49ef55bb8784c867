// Pairs of a word and what it is.
import { Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";

import classes from "./settings.module.css";

export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode] | false | null | undefined)[] }) {
  return (
    <dl className={classes["facts"]}>
      {facts.map((fact) => {
        if (!fact) return null;
        const [word, what] = fact;
        return (
          <Fragment key={word}>
            <Text component="dt" size="sm" c="dimmed">
              {word}
            </Text>
            <Text component="dd" size="sm" className="foreign">
              {what}
            </Text>
          </Fragment>
        );
      })}
    </dl>
  );
}
