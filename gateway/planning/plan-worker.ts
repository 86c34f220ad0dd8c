import { parentPort, workerData } from "node:worker_threads";
import { parse } from "graphql";
import { hasFieldsOfPartlyKnownTypes } from "./object-supergraph.ts";
import { plannedSupergraph } from "./planned-supergraph.ts";
import { planOf } from "./planner.ts";
import type { Planned, ToPlan } from "./planner-thread.ts";

// The planning thread: it plans one operation after the other, and may be terminated at any moment.
const port = parentPort;
if (!port) throw new Error("This is the entry of a thread.");
const supergraph = plannedSupergraph((workerData as { supergraphSdl: string }).supergraphSdl);
port.on("message", ({ id, document }: ToPlan) => {
  port.postMessage(planned(id, document));
});
// The planners are created before the first request, because creating one takes longer than most plans.
void supergraph.planner;
if (hasFieldsOfPartlyKnownTypes(supergraph.supergraph)) void supergraph.objects;
port.postMessage("ready");

function planned(id: number, document: string): Planned {
  const began = performance.now();
  const took = () => ({ id, ms: performance.now() - began });
  try {
    const plan = planOf(supergraph, parse(document, { noLocation: true }));
    return { ...took(), plan };
  } catch (error) {
    return { ...took(), failure: error instanceof Error ? error.message : String(error) };
  }
}
