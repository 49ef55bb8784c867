// From the cause to what the user sees, as a path of steps.
import { Text } from "@mantine/core";
import { IconArrowDown, IconArrowRight } from "@tabler/icons-react";

import { entityText, EntityName } from "../parts/entity";
import { Cites } from "./Cites";
import { stepsOf, type RootCause } from "./evidence";
import { Prose } from "./Prose";
import classes from "./Report.module.css";

/** Steps that fit beside each other; a longer path goes down the page. */
const BESIDE = 2;

export function Chain({ cause }: { cause: RootCause }) {
  const steps = stepsOf(cause);
  return (
    <ol className={classes["chain"]} data-beside={steps.length <= BESIDE || undefined} aria-label="From the cause to its effect">
      {steps.map((step, index) => (
        <li key={index} className={classes["hop"]}>
          {step.because !== undefined && (
            <div className={classes["because"]}>
              <span className={classes["arrow"]} aria-hidden>
                <IconArrowRight className={classes["across"]} size={18} />
                <IconArrowDown className={classes["down"]} size={18} />
              </span>
              <Text size="xs" c="dimmed" component="span">
                <b>because</b> <Prose text={step.because} />
                {step.between.length > 0 && <span className="only-read"> through {step.between.map(entityText).join(", ")}</span>}
              </Text>
            </div>
          )}
          <div className={classes["step"]} data-first={index === 0 || undefined} data-last={(index > 0 && index === steps.length - 1) || undefined}>
            <Text size="xs" c="dimmed" fw={600} component="div">
              {index === 0 ? "Cause" : index === steps.length - 1 ? "What is seen" : "Which leads to"}
            </Text>
            <EntityName entity={step.entity} />
            <Text size="sm" component="div" mt={2}>
              <Prose text={step.words} />
            </Text>
            <Cites ids={step.evidence} />
          </div>
        </li>
      ))}
    </ol>
  );
}
