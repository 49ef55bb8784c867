import { describe, expect, it } from "vitest";

import { strength } from "./strength";

describe("strength", () => {
  it.each([
    ["", false, "At least 12 characters. A few words in a row are easy to type and hard to guess."],
    ["short", false, "7 more characters"],
    ["elevenchars", false, "1 more character"],
    ["winter lovelace road", false, "Contains your name or address"],
    ["a.lovelace forever", false, "Contains your name or address"],
    ["123456789012", false, "Digits alone are easy to guess"],
    ["abababababab", false, "Repeats the same few characters"],
    ["password2026!", false, "One of the first guesses anybody would make"],
    ["three odd hats", true, "Long enough. Longer is better."],
    ["three odd yellow hats fly", true, "Strong"],
  ])("says of %s", (password, enough, words) => {
    expect(strength(password, "Ada Lovelace", "a.lovelace@example.com")).toMatchObject({ enough, words });
  });
  it("counts characters and not code units", () => expect(strength("😀😁😂😃😄😅😆😇", "", "").words).toBe("4 more characters"));
  it("refuses more bytes than the platform takes", () => expect(strength("añbcde".repeat(200), "", "").enough).toBe(false));
});
