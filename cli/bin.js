#!/usr/bin/env -S node --max-semi-space-size=64
// The young generation is large enough for the objects of a few requests, so that few of them are promoted: a fifth less CPU per request. V8 reads the flag at
// its start, so it is here, in `npm start` and in the image. Without it everything works as well.
//
// Runs the TypeScript sources as they are, so that a fresh clone needs no build step.
import "../lib/process/load-typescript.js";

await import("../lib/process/load-environment-file.ts");
const { runProcess } = await import("../lib/process/run-process.ts");
const { main } = await import("./main.ts");
await runProcess(() => main(process.argv));
