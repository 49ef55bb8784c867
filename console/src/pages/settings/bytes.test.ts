import { expect, it } from "vitest";

import { bytes } from "./bytes";

it.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [1_023, "1023 bytes"],
  [1_536, "1.5 KiB"],
  [45_000_000, "43 MiB"],
  [3 * 1_024 ** 4, "3072 GiB"],
])("says %d as %s", (count, said) => expect(bytes(count)).toBe(said));
