import { pino } from "pino";

/** One JSON line an event, on standard error: standard output belongs to what commands print. */
const rootLogger = pino(
  {
    level: process.env["LOG_LEVEL"] ?? "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  },
  pino.destination({ fd: 2, sync: true }),
);

/** The loggers of the product, by the part of it that speaks. */
export const log = {
  gateway: rootLogger.child({ part: "gateway" }),
  subgraph: rootLogger.child({ part: "subgraph" }),
  jobs: rootLogger.child({ part: "jobs" }),
  events: rootLogger.child({ part: "events" }),
};
