import "#lib/process/load-environment-file.ts";
import { runProcess } from "#lib/process/run-process.ts";
import { main } from "./main.ts";

// The bundle's entry; a checkout runs bin.js.
await runProcess(() => main(process.argv));
