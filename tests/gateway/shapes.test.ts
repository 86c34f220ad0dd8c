import { shapesSuite } from "./shapes-suite.ts";

shapesSuite({ places: 2, runs: 6 });
