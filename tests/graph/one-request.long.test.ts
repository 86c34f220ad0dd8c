import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { createGunzip } from "node:zlib";
import { afterAll, beforeAll, describe } from "vitest";
import { importTraces } from "#tests/harness/traces.ts";
import { oneRequestSuite } from "./one-request-suite.ts";

const traces = process.env["NOVACRON_TRACES"];

describe.skipIf(!traces)("with real traces (skipped without NOVACRON_TRACES)", () => {
  const folder = mkdtempSync(join(tmpdir(), "novacron-day-"));
  const day = join(folder, "day.csv");

  // The last day of the week, so that every VM has counters from its first sample on.
  beforeAll(async () => {
    const week = createReadStream(join(traces ?? "", "bitbrains-rnd/week-2013-07-01.csv.gz")).pipe(createGunzip());
    const output = createWriteStream(day);
    const lastDay = Date.UTC(2013, 6, 7) / 1_000;
    for await (const line of createInterface({ input: week })) {
      const seconds = Number(line.slice(line.indexOf(",") + 1, line.indexOf(",", line.indexOf(",") + 1)));
      // The header has no time.
      if (Number.isNaN(seconds) || seconds >= lastDay) if (!output.write(`${line}\n`)) await once(output, "drain");
    }
    output.end();
    await once(output, "finish");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  oneRequestSuite("a day of the Bitbrains fleet", (fleet, now) => importTraces(fleet, traces ?? "", day, now));

  oneRequestSuite("the Bitbrains week", (fleet, now) =>
    importTraces(fleet, traces ?? "", join(traces ?? "", "bitbrains-rnd/week-2013-07-01.csv.gz"), now),
  );
});
