import { describe, expect, it } from "vitest";
import { isReadable, writtenName } from "./names.ts";

describe("case G41: a name", () => {
  it.each([
    "alice",
    "Alice.O-Neil_2",
    "Žofie",
    "Сергей",
    "Ελένη",
    "Արմեն",
    "田中さくら",
    "김민준",
    "สมชาย",
    "يوسف",
    "nightly backups",
  ])("%s is readable", (name) => expect(isReadable(name)).toBe(true));

  it.each([
    ["a Cyrillic letter among Latin ones", "vіctim-admin"],
    ["a Greek letter among Latin ones", "αlice"],
    ["Latin letters among Cyrillic ones", "аdmin"],
    ["an Armenian letter among Latin ones", "rոot"],
    ["a Cherokee letter among Latin ones", "Ꭺdmin"],
    ["letters of a script that is not in general use", "ᎠᏓ"],
    ["a zero-width joiner", "ad\u200dmin"],
    ["a soft hyphen", "ad\u00admin"],
    ["an invisible letter", "admin\u3164"],
    ["a mark that reverses the direction", "admin\u202e"],
    ["a line break", "admin\n"],
  ])("with %s is not readable", (_what, name) => expect(isReadable(name)).toBe(false));

  it("is stored with the usual characters instead of compatibility characters", () => {
    expect(writtenName(" Ａｄｍｉｎ ")).toBe("Admin");
    expect(writtenName("ﬁle")).toBe("file");
    expect(writtenName("e\u0301")).toBe("é");
  });
});
