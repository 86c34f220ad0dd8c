import { inputsSuite } from "./inputs-suite.ts";

inputsSuite(1);
