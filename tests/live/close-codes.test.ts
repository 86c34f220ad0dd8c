import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { closeCodes } from "#gateway/sockets/close-codes.ts";

/** What `ws` closes with by itself. */
const ofTheProtocol = [1009];

it("docs/subscriptions.md names every close code, and no other", () => {
  const named = [...readFileSync("docs/subscriptions.md", "utf8").matchAll(/^\| (\d{4}) +\|/gm)].map(([, code]) =>
    Number(code),
  );
  const codes = [...Object.values(closeCodes).map(([code]) => code as number), ...ofTheProtocol];
  expect(named).toEqual(codes.toSorted((one, other) => one - other));
});
