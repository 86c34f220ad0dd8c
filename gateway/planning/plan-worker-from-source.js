// A thread runs JavaScript: this one reads the TypeScript sources, as cli/bin.js does. A bundle has no use for it.
import { register } from "tsx/esm/api";

register();
await import("./plan-worker.ts");
