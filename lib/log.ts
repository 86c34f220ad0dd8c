import { pino } from "pino";

/** One JSON line an event, on standard error: standard output belongs to what commands print. */
export const rootLogger = pino(
  {
    level: process.env["LOG_LEVEL"] ?? "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  },
  pino.destination({ fd: 2, sync: true }),
);

export type Logger = Pick<typeof rootLogger, "debug" | "info" | "warn" | "error">;

/** The loggers of the product, by the part of it that speaks. */
export const log = {
  gateway: rootLogger.child({ part: "gateway" }),
  subgraph: rootLogger.child({ part: "subgraph" }),
  database: rootLogger.child({ part: "database" }),
  jobs: rootLogger.child({ part: "jobs" }),
};
