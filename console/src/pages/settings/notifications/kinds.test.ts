import { describe, expect, test } from "vitest";

import { health, whereTo, type Channel } from "./kinds";

const channel: Channel = {
  id: "chn_1",
  name: "on-call",
  target: { type: "slack", url: "https://hooks.slack.com/…" },
  rules: { severity_min: "notice", dedup_s: 300, per_hour_max: 60 },
  enabled: true,
  status: { failures: 0, sent: 0, given_up: 0, waiting: 0 },
  created_at: "2026-05-04T12:00:00Z",
  updated_at: "2026-05-04T12:00:00Z",
  updated_by: "Ada",
  version: 1,
};

describe("how a channel does", () => {
  test("what stops it is said before what it did", () => {
    const status = { ...channel.status, last_sent: "2026-05-04T12:00:00Z" };
    expect(health(channel).state).toBe("new");
    expect(health({ ...channel, status }).state).toBe("fine");
    expect(health({ ...channel, status: { ...status, waiting: 3 } })).toEqual({ state: "waiting", word: "3 waiting" });
    expect(health({ ...channel, status: { ...status, waiting: 3, failures: 1 } }).state).toBe("failing");
    expect(health({ ...channel, status: { ...status, failures: 1, refused: "no" } }).state).toBe("refused");
    expect(health({ ...channel, enabled: false, status: { ...status, refused: "no" } }).state).toBe("off");
  });

  test("where it leads is told without secrets", () => {
    expect(whereTo(channel.target)).toBe("https://hooks.slack.com/…");
    expect(whereTo({ type: "email", to: ["a@example.com", "b@example.com"] })).toBe("a@example.com, b@example.com");
  });
});
