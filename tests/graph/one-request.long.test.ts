import { join } from "node:path";
import { describe } from "vitest";
import { importTraces } from "#tests/harness/traces.ts";
import { oneRequestSuite } from "./one-request-suite.ts";

const traces = process.env["NOVACRON_TRACES"];

describe.skipIf(!traces)("with real traces (skipped without NOVACRON_TRACES)", () => {
  oneRequestSuite("the Bitbrains week", (fleet, now) =>
    importTraces(fleet, traces ?? "", join(traces ?? "", "bitbrains-rnd/week-2013-07-01.csv.gz"), now),
  );
});
