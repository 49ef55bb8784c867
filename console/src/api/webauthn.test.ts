import { describe, expect, it } from "vitest";

import { bytes, creationOf, passkeyWords, text } from "./webauthn";

describe("base64url", () => {
  it.each([
    [[], ""],
    [[0], "AA"],
    [[251, 255, 254], "-__-"],
    [[102, 111, 111, 98], "Zm9vYg"],
  ])("%j is %s", (plain, encoded) => {
    expect(text(Uint8Array.from(plain))).toBe(encoded);
    expect([...bytes(encoded)]).toEqual(plain);
  });
  it("gives back every byte", () => {
    const all = Uint8Array.from({ length: 1_000 }, (_, at) => at % 256);
    expect([...bytes(text(all.buffer))]).toEqual([...all]);
  });
  it("refuses what is none", () => expect(() => bytes("<>")).toThrow());
});

it("asks for a passkey that names its owner and checks them", () => {
  const asked = creationOf({
    challenge: "AAEC",
    rp_id: "localhost",
    rp_name: "Assent",
    user_id: "_w",
    user_name: "ada@example.com",
    user_display_name: "Ada",
    exclude: ["AQ"],
    timeout_ms: 60_000,
    ticket: "t",
  });
  expect(asked.authenticatorSelection).toMatchObject({ residentKey: "required", userVerification: "required" });
  expect(asked.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-7, -8, -257]);
  expect(asked.attestation).toBe("none");
  expect(asked.user.id).toEqual(Uint8Array.from([255]));
  expect(asked.excludeCredentials).toHaveLength(1);
});

it("has words for what browsers say", () => {
  expect(passkeyWords(new DOMException("", "NotAllowedError"))).toContain("cancelled");
  expect(passkeyWords(new Error("other"))).toBeUndefined();
});
