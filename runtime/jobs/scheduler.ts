import type { Database } from "#db/client.ts";
import { expireReservations } from "#subgraphs/scheduler/allocations/expire-reservations.ts";
import type { Job } from "./job.ts";

/** Releases reservations that no operation has used in time. */
export const reservationExpiry = (system: Database): Job => ({
  name: "expire_reservations",
  cron: "* * * * *",
  steps: [
    { name: "release", run: async (signal, scope) => ({ released: await expireReservations(system, scope, signal) }) },
  ],
});
