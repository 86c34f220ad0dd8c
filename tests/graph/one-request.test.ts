import { seedDemoFleet } from "#demo/seed.ts";
import { oneRequestSuite } from "./one-request-suite.ts";

oneRequestSuite("the demo fleet", (fleet, now) => seedDemoFleet(fleet, { now }));
