// Shows what the rules would replace in a text, as they stand in the form, while one types.
import { Paper, SegmentedControl, Stack, Text, Textarea, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api, isProblem, type Schemas } from "../../../api/client";
import { Problem } from "../../../parts/states";
import { pieces } from "./pieces";
import classes from "./redaction.module.css";

const AFTER_MS = 350;

/** Something to begin with: secrets of made-up form, and what has to stay. */
const SAMPLE = `DB_PASSWORD=correct-horse-7f3a9c
connecting to redis://:s3cr3t-of-redis@cart-store:6379/0
GET /login from 10.20.30.40 for ada@example.com
image registry.example/cart:1.4.2 pulled`;

function useTried(environment: string, text: string, rules: Schemas["RedactionRules"]) {
  const [asked] = useDebouncedValue(JSON.stringify({ text, rules }), AFTER_MS);
  return useQuery({
    queryKey: ["redaction-try", environment, asked],
    queryFn: async () => {
      const body = JSON.parse(asked) as Schemas["TryRedaction"];
      return { sent: body.text, tried: await answer(api.POST("/api/v1/environments/{environment}/redaction/try", { params: { path: { environment } }, body })) };
    },
    enabled: (JSON.parse(asked) as Schemas["TryRedaction"]).text !== "",
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
    retry: false,
  });
}

type TryBoxProps = { environment: string; rules: Schemas["RedactionRules"]; onAnswer: (problem: unknown) => void };

export function TryBox({ environment, rules, onAnswer }: TryBoxProps) {
  const [text, setText] = useState(SAMPLE);
  const [view, setView] = useState<"marked" | "kept">("marked");
  const { data, error } = useTried(environment, text, rules);
  // What is wrong with a rule is told at the rule.
  useEffect(() => onAnswer(error), [error, onAnswer]);
  const count = data?.tried.replaced.length ?? 0;
  return (
    <Paper p="md" component="section" aria-labelledby="try-title">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h5" id="try-title">
            Try it
          </Title>
          <Text size="sm" c="dimmed">
            With the rules as they stand above, kept or not. Nothing of the text is kept. Do not paste secrets that matter.
          </Text>
        </div>
        <div className={classes["columns"]}>
          <Textarea
            label="A text"
            autosize
            minRows={7}
            maxRows={16}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
          />
          <div>
            <div style={{ display: "flex", justifyContent: "space-between", alignItems: "center", marginBottom: 4, gap: 8, minHeight: 28 }}>
              <Text size="sm" fw={500} role="status">
                {count} {count === 1 ? "value goes" : "values go"}
              </Text>
              <SegmentedControl
                size="xs"
                aria-label="Show"
                value={view}
                onChange={(value) => setView(value as typeof view)}
                data={[
                  { value: "marked", label: "What goes" },
                  { value: "kept", label: "What is kept" },
                ]}
              />
            </div>
            <div className={`${classes["shown"]} foreign-block`} tabIndex={0} role="region" aria-label={view === "marked" ? "The text with what goes marked" : "The text as it is kept"}>
              {data &&
                (view === "kept"
                  ? data.tried.text
                  : pieces(data.sent, data.tried.replaced).map(({ text: piece, rule }, at) =>
                      rule === undefined ? (
                        piece
                      ) : (
                        <mark key={at} className={classes["gone"]} title={`Rule: ${rule}`}>
                          {piece}
                        </mark>
                      ),
                    ))}
            </div>
          </div>
        </div>
        {data && count > 0 && (
          <Text size="xs" c="dimmed" className="foreign">
            Rules that found something: {[...new Set(data.tried.replaced.map(({ rule }) => rule))].join(", ")}
          </Text>
        )}
        {error && !(isProblem(error, "invalid") && error.fields.some(({ pointer }) => /^\/(deny|allow)/.test(pointer))) && <Problem error={error} />}
      </Stack>
    </Paper>
  );
}
