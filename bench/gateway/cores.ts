import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

/** Keeps a process and its threads on one core, so that the load and the measured process do not share it. Without `taskset` it does nothing. */
export function pin(pid: number, core: "measured" | "load"): void {
  if (cpus().length < 2) return;
  spawnSync("taskset", ["-acp", core === "measured" ? "0" : "1", String(pid)], { stdio: "ignore" });
}
