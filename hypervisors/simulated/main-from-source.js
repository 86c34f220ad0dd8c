// A process runs JavaScript: this entry loads the TypeScript sources, as cli/bin.js does. A bundle does not need it.
import "../../lib/process/load-typescript.js";

await import("./main.ts");
