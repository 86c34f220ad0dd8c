import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { closeCodes } from "#gateway/sockets/close-codes.ts";
import { errorCodes } from "#lib/errors.ts";

/** The codes with which `ws` closes a socket itself. */
const ofTheProtocol = [1009];
const guide = readFileSync("docs/subscriptions.md", "utf8");

it("docs/subscriptions.md names every close code, and no other", () => {
  const named = [...guide.matchAll(/^\| (\d{4}) +\|/gm)].map(([, code]) => Number(code));
  const codes = [...Object.values(closeCodes).map(([code]) => code as number), ...ofTheProtocol];
  expect(named).toEqual(codes.toSorted((one, other) => one - other));
});

it("docs/subscriptions.md names only codes of errors that exist", () => {
  const named = [...guide.matchAll(/`([A-Z]+_[A-Z_]+|FORBIDDEN|OVERLOADED)`/g)].map(([, code]) => code ?? "");
  const known = new Set([...Object.keys(errorCodes), "ALLOWED_ORIGINS", "EVENT_RETENTION"]);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((code) => !known.has(code))).toEqual([]);
});
