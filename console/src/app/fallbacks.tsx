import { Box, Button } from "@mantine/core";
import { IconMapSearch } from "@tabler/icons-react";
import { Link, type ErrorComponentProps } from "@tanstack/react-router";

import { Empty, Problem } from "../parts/states";

export function NotFound() {
  return (
    <Empty icon={IconMapSearch} title="There is no such page" action={<Button component={Link} to="/">Go to the overview</Button>}>
      It may have been removed, or you may not be allowed to know of it.
    </Empty>
  );
}

/** A page that failed takes nothing else with it. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  return (
    <Box maw={720} mx="auto" p="md">
      <Problem error={error} retry={reset} />
    </Box>
  );
}
