// A password that is being chosen, with what it still lacks.
import { PasswordInput, Progress, Text } from "@mantine/core";
import { useId } from "react";

import { strength } from "./strength";

type NewPasswordProps = { value: string; onChange: (value: string) => void; name: string; email: string; error?: string | undefined };

export function NewPassword({ value, onChange, name, email, error }: NewPasswordProps) {
  const id = useId();
  const { enough, percent, words } = strength(value, name, email);
  return (
    <div>
      <PasswordInput
        label="Password"
        autoComplete="new-password"
        required
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        aria-describedby={id}
        visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
      />
      <Progress value={percent} color={enough ? "assent" : "yellow"} size={4} mt={6} aria-hidden />
      <Text id={id} size="xs" c="dimmed" mt={4} aria-live="polite">
        {words}
      </Text>
    </div>
  );
}
