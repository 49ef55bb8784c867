import { defineConfig } from "vitest/config";

// One browser and one platform at a time: the machine that runs these may have two cores.
export default defineConfig({
  test: { include: ["e2e/**/*.e2e.ts"], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000, retry: 0, reporters: ["verbose"] },
});
