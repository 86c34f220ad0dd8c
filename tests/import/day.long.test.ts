import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { importBitbrains } from "#import/bitbrains.ts";
import { demo, emptyFleet, type TestFleet, traceStart } from "./fleet.ts";

let fleet: TestFleet | undefined;
afterEach(() => fleet?.close());

const traces = process.env["NOVACRON_TRACES"];
describe("one day of the real Bitbrains trace", () => {
  test.skipIf(!traces)(
    traces
      ? "is imported without a rejected row, its repeats once"
      : "is skipped: NOVACRON_TRACES names no folder with the traces",
    async () => {
      const week = gunzipSync(readFileSync(join(traces ?? "", "bitbrains-rnd", "week-2013-07-01.csv.gz"))).toString(
        "utf8",
      );
      const [header, ...rest] = week.split("\n");
      const day = rest.filter((row) => row !== "" && Number(row.split(",", 2)[1]) < traceStart + 86_400);
      const distinct = new Set(day.map((row) => row.split(",", 2).join()));
      fleet = await emptyFleet();
      const path = fleet.file("day-2013-07-01.csv.gz", [header, ...day, ""].join("\n"));
      const result = await importBitbrains(fleet.dbs, path, { tenant: demo });
      expect(result).toMatchObject({ samplesWritten: distinct.size, repeats: day.length - distinct.size, rejected: 0 });
    },
  );
});
