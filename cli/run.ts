import "#lib/load-environment-file.ts";
import { main } from "./main.ts";

// The bundle's entry; a checkout runs bin.js.
await main(process.argv);
