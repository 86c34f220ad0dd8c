import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";

const sources = globSync("{subgraphs,db,runtime,import,demo,cli,lib}/**/*.ts", {
  ignore: ["**/*.test.ts", "**/generated/**"],
});
const naming = (pattern: RegExp) => sources.filter((file) => pattern.test(readFileSync(file, "utf8"))).toSorted();
const judge = "subgraphs/auth/credentials/escalation.ts";

it("case G37, G38: code that writes accounts, roles, keys and sessions takes only what one module has permitted", () => {
  expect(sources.length).toBeGreaterThan(300);
  expect(naming(/\bas (unknown as )?Permitted/)).toEqual([judge]);
});

it("case G37, G38: that module skips the comparison of rights only for a user who has proved who they are, and for the first administrator", () => {
  expect(naming(/\bprovedAccount\b/)).toEqual([judge, "subgraphs/auth/sign-in/sign-in.ts"]);
  expect(naming(/\brightsOfTheInstallation\b/)).toEqual([judge, "subgraphs/auth/users/first-administrator.ts"]);
});
