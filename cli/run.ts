import "#lib/process/load-environment-file.ts";
import { runProcess } from "#lib/process/run-process.ts";

// The bundle's entry; a checkout runs bin.js. The bundle is in parts, and other parts than this one may be loaded in any order: so only what is imported from
// here on finds the environment of the file.
await runProcess(async () => {
  const { main } = await import("./main.ts");
  await main(process.argv);
});
