import { parseArgs } from "node:util";
import { type Figure, printFigures, saveFigures } from "./report.ts";

// npm run bench -- NAME [--real] [--quick] [--json FILE]
const benches: Record<string, () => Promise<{ run(options: { quick: boolean }): Promise<Figure[]> }>> = {
  "one-request": () => import("./one-request.ts"),
  import: () => import("./import.ts"),
  events: () => import("./events.ts"),
  "row-security": () => import("./row-security.ts"),
  lifecycle: () => import("./lifecycle.ts"),
  mutations: () => import("./mutations.ts"),
  identity: () => import("./identity.ts"),
  hostile: () => import("./hostile.ts"),
  start: () => import("./start.ts"),
  gateway: () => import("./gateway/main.ts"),
  "gateway --real": () => import("./gateway/real.ts"),
  subscriptions: () => import("./subscriptions/main.ts"),
  soak: () => import("./soak.ts"),
  faults: () => import("./faults.ts"),
  hypervisor: () => import("./hypervisor.ts"),
  operations: () => import("./operations/main.ts"),
  placement: () => import("./placement.ts"),
  "operations facts": () => import("./operations/facts.ts"),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    real: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const name = [...positionals, ...(values.real ? ["--real"] : [])].join(" ");
const bench = benches[name];
if (!bench) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--quick] [--json FILE]\nNAME is one of ${Object.keys(benches).join(", ")}\n`,
  );
  process.exit(2);
}
const { run } = await bench();
const figures = await run({ quick: values.quick });
printFigures(name, figures);
if (values.json) saveFigures(values.json, name, figures);
