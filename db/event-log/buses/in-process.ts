import { EventEmitter, once } from "node:events";
import type { EventBus } from "./event-bus.ts";

/** Returns a bus for relays and followers of one process, which passes the event objects on as they are. */
export function inProcessBus(): EventBus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    name: "in-process",
    healthy: true,
    announce: async (announcement) => {
      emitter.emit("announcement", announcement);
    },
    listen: async (_logs, { onAnnouncement, listening }, signal) => {
      emitter.on("announcement", onAnnouncement);
      listening();
      if (!signal.aborted) await once(signal, "abort");
      emitter.off("announcement", onAnnouncement);
    },
    close: async () => {
      emitter.removeAllListeners();
    },
  };
}
