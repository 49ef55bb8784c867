import { expect, it } from "vitest";

import { holds } from "./holds";

const now = Date.parse("2026-03-01T12:00:00Z");

it.each([
  [{}, true, "Holds without end"],
  [{ expires_at: "2026-05-01T12:00:00Z" }, true, "Holds until"],
  [{ expires_at: "2026-03-03T12:00:00Z" }, true, "Ends soon"],
  [{ expires_at: "2026-03-01T12:00:00Z" }, false, "Expired"],
  [{ expires_at: "2026-05-01T12:00:00Z", revoked_at: "2026-02-01T12:00:00Z" }, false, "Revoked"],
])("%o", (key, good, word) => expect(holds(key, now)).toMatchObject({ good, word }));
