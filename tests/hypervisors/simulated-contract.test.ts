import { hypervisorContract } from "./contract.ts";
import { SimulatedProcess } from "./simulated-process.ts";

hypervisorContract("simulated", async () => {
  const simulated = await SimulatedProcess.start();
  return {
    hypervisor: simulated.client,
    nodes: ["node-1", "node-2"],
    restart: () => simulated.restart(),
    stop: () => simulated.stop(),
  };
});
