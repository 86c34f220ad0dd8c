import { extent } from "#tests/harness/extent.ts";
import { shapesSuite } from "./shapes-suite.ts";

shapesSuite({ places: 5, runs: Number(process.env["NOVACRON_RUNS"] ?? extent(100, 500)) });
