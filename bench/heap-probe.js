import { isMainThread } from "node:worker_threads";

// Loaded into a measured process, and into its threads, with --expose-gc. Whenever its parent sends a message, it collects garbage and reports the remaining
// heap.
if (isMainThread) {
  process.on("message", () => {
    globalThis.gc();
    const { heapUsed, rss } = process.memoryUsage();
    process.send({ heapUsed, rss, resources: process.getActiveResourcesInfo().length });
  });
  process.channel.unref();
}
