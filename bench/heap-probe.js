import { isMainThread } from "node:worker_threads";

// Loaded into a process that is measured, and into its threads, with --expose-gc: whenever its parent sends anything, it tells what is left of its heap
// after a collection.
if (isMainThread) {
  process.on("message", () => {
    globalThis.gc();
    const { heapUsed, rss } = process.memoryUsage();
    process.send({ heapUsed, rss, resources: process.getActiveResourcesInfo().length });
  });
  process.channel.unref();
}
