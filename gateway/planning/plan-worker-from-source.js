// A thread runs JavaScript: this entry loads the TypeScript sources, as cli/bin.js does. A bundle does not need it.
import { register } from "tsx/esm/api";

register();
await import("./plan-worker.ts");
