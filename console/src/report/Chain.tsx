// From the cause to what the user sees, as a path of steps.
import { Text } from "@mantine/core";

import { EntityName } from "../parts/entity";
import chain from "./Chain.module.css";
import { Cites } from "./Cites";
import { stepsOf, type RootCause } from "./evidence";
import { Prose } from "./Prose";

export function Chain({ cause }: { cause: RootCause }) {
  const steps = stepsOf(cause);
  return (
    <ol className={chain["path"]} aria-label="From the cause to its effect">
      {steps.map((step, index) => {
        const place = index === 0 ? "cause" : index === steps.length - 1 ? "seen" : "between";
        return (
          <li key={index} className={chain["hop"]} data-place={place}>
            {step.because !== undefined && (
              <Text size="xs" c="dimmed" component="div" className={chain["because"]}>
                because <Prose text={step.because} />
              </Text>
            )}
            <div className={chain["at"]}>
              <div className={chain["step"]}>
                <div className={chain["head"]}>
                  <EntityName entity={step.entity} />
                  <Text size="xs" c="dimmed" fw={600} component="span" className={chain["place"]}>
                    {place === "cause" ? "the cause" : place === "seen" ? "what is seen" : "which leads to"}
                  </Text>
                </div>
                <Text size="sm" component="div">
                  <Prose text={step.words} />
                </Text>
                <Cites ids={step.evidence} />
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
