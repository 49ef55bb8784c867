import { describe, expect, it } from "vitest";

import { askedBy, ownMachine, readCommandLineSearch, spanWords } from "./question";

const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const state = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

describe("the address", () => {
  it("is read whole", () => {
    const search = readCommandLineSearch({ challenge, host: "laptop", loopback: "v4", port: 40_000, state });
    expect(askedBy(search)).toEqual({ challenge, host: "laptop", back: { loopback: "v4", port: 40_000, state } });
    expect(askedBy(readCommandLineSearch({ challenge, host: 1234 }))).toEqual({ challenge, host: "1234" });
  });
  it.each([
    [{ host: "laptop" }],
    [{ challenge }],
    [{ challenge: "short", host: "laptop" }],
    [{ challenge, host: "x".repeat(65) }],
    [{ challenge, host: "laptop", port: 40_000 }],
    [{ challenge, host: "laptop", loopback: "v4", port: 80, state }],
    [{ challenge, host: "laptop", loopback: "v4", port: "40000@evil.invalid", state }],
    [{ challenge, host: "laptop", loopback: "evil.invalid", port: 40_000, state }],
    [{ challenge, host: "laptop", loopback: "v6", port: 40_000, state: "#" }],
  ])("is no question with %o", (search) => expect(askedBy(readCommandLineSearch(search))).toBeUndefined());
});

describe("where the browser goes", () => {
  it.each([`http://127.0.0.1:40000/assent/signed-in?code=${state}&state=${state}`, `http://[::1]:1024/assent/signed-in?error=refused&state=${state}`])("may be %s", (address) =>
    expect(ownMachine(address)).toBe(address),
  );
  it.each([
    "https://evil.invalid/assent/signed-in?code=x",
    "http://127.0.0.1:40000@evil.invalid/assent/signed-in?code=x",
    "http://127.0.0.1.evil.invalid:40000/assent/signed-in?code=x",
    "http://localhost:40000/assent/signed-in?code=x",
    "http://127.0.0.1:40000/other?code=x",
    "http://127.0.0.1:40000/assent/signed-in?code=x#\nhttp://evil.invalid",
    "javascript:alert(1)",
    "",
    undefined,
  ])("is never %s", (address) => expect(ownMachine(address)).toBeUndefined());
});

it.each([
  [43_200, "12 hours"],
  [604_800, "7 days"],
  [86_400, "1 day"],
  [5_400, "90 minutes"],
])("%d s read %s", (seconds, words) => expect(spanWords(seconds)).toBe(words));
