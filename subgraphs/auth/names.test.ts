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
  ])("%s can be read", (name) => expect(isReadable(name)).toBe(true));

  it.each([
    ["a Cyrillic letter among Latin ones", "vіctim-admin"],
    ["a Greek letter among Latin ones", "αlice"],
    ["Latin letters among Cyrillic ones", "аdmin"],
    ["an Armenian letter among Latin ones", "rոot"],
    ["a Cherokee letter among Latin ones", "Ꭺdmin"],
    ["letters of a script that is in no general use", "ᎠᏓ"],
    ["a zero-width joiner", "ad\u200dmin"],
    ["a soft hyphen", "ad\u00admin"],
    ["a letter that is not seen", "admin\u3164"],
    ["a mark that turns the direction", "admin\u202e"],
    ["a line break", "admin\n"],
  ])("with %s cannot", (_what, name) => expect(isReadable(name)).toBe(false));

  it("is kept with the usual characters in the place of compatible ones", () => {
    expect(writtenName(" Ａｄｍｉｎ ")).toBe("Admin");
    expect(writtenName("ﬁle")).toBe("file");
    expect(writtenName("e\u0301")).toBe("é");
  });
});
