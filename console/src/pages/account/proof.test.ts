import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

import { proofCommand } from "./proof";

it("signs exactly one line", () => {
  const command = proofCommand("acc_0192f0c1d2e37a4b8c5d6e7f80912a3b");
  const [echo = "", sign] = command.split(" | ");
  expect(sign).toBe("ssh-keygen -Y sign -n assent.key -f ~/.ssh/id_ed25519");
  expect(execFileSync("sh", ["-c", echo], { encoding: "utf8" })).toBe("assent key acc_0192f0c1d2e37a4b8c5d6e7f80912a3b\n");
});
