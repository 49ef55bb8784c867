// A time of the day, `22:00`, whatever the browser's language.
import { TextInput } from "@mantine/core";

import { isClock } from "./rules";

export function ClockInput({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <TextInput
      aria-label={label}
      size="xs"
      w={76}
      inputMode="numeric"
      placeholder="22:00"
      autoComplete="off"
      maxLength={5}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
      error={!isClock(value)}
    />
  );
}
