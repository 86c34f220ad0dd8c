import { describe } from "vitest";
import { domains } from "#db/columns.ts";
import { migratedAgainSuite } from "./migrated-again-suite.ts";

describe.each(domains)("the %s database", (domain) => {
  migratedAgainSuite(domain);
});
