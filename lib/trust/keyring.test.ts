import { describe, expect, it } from "vitest";
import { parseKeyring, readKeyring } from "./keyring.ts";

const secret = "a secret of more than thirty-two characters";

describe("a keyring", () => {
  it("is read newest first; a colon in a secret is part of it", () => {
    expect(parseKeyring(`new:${secret}:more,old:${secret}`)).toEqual([
      { id: "new", secret: `${secret}:more` },
      { id: "old", secret },
    ]);
    expect(parseKeyring(secret)).toEqual([{ id: "1", secret }]);
  });

  it.each([
    "",
    "short",
    `new:${secret},`,
    `new:${secret},new:${secret}`,
    `../new:${secret}`,
    `:${secret}`,
    `a.b:${secret}`,
  ])("is not %j", (text) => {
    expect(parseKeyring(text)).toBeUndefined();
  });

  it("that is invalid in the environment is named, and its value is not shown", () => {
    expect(() => readKeyring("NOVACRON_SIGNING_KEYS", { NOVACRON_SIGNING_KEYS: "hush" })).toThrow(
      /NOVACRON_SIGNING_KEYS: must be keys(?!.*hush)/,
    );
  });

  it.each([{}, { NOVACRON_SIGNING_KEYS: "" }])("that is not in the environment %j is reported as not set", (env) => {
    expect(() => readKeyring("NOVACRON_SIGNING_KEYS", env)).toThrow(/NOVACRON_SIGNING_KEYS: is not set$/);
  });
});
