import { type Command, Option } from "commander";
import type { Environment } from "#runtime/environment.ts";
import { endOnStopSignals } from "#lib/process/stop-signals.ts";
import type { Gateway } from "../graph/gateway.ts";
import type { Watched } from "./watched.ts";

interface WatchOptions {
  url: string;
  dataDir?: string;
  json: boolean;
}

/** Adds `novacron watch alerts|vm|migrations`: what happens, for users in a terminal. */
export function addWatchCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
  print: (line: string) => void,
): void {
  const command = program
    .command("watch")
    .description("print the current state and each change of it, as a gateway reports it; Ctrl-C ends it");

  const sub = (usage: string, description: string, load: (name: string, gateway: Gateway) => Promise<Watched>) =>
    command
      .command(usage)
      .description(description)
      .option("--url <url>", "the gateway", "http://127.0.0.1:4000/graphql")
      .addOption(
        new Option(
          "--data-dir <folder>",
          "where the first start left admin.json, whose key is used without NOVACRON_API_KEY",
        ).env("NOVACRON_DATA_DIR"),
      )
      .option("--json", "print one JSON object a line, with the cursor after it", false)
      .action(async (...args: unknown[]) => {
        const options = args.at(-2) as WatchOptions;
        const { watch } = await import("./watch.ts");
        const { gatewayOf } = await import("../graph/gateway.ts");
        const ending = new AbortController();
        const signals = endOnStopSignals();
        const gateway = gatewayOf(options.url, environmentOf(options).dataDir);
        const watched = await load(String(args[0]), gateway);
        const watching = watch(watched, { ...gateway, json: options.json, signal: ending.signal, print });
        signals.whenStarted(async () => {
          ending.abort();
          await watching;
        });
        await watching;
      });

  sub("alerts", "the alerts that are open, and each change of one", async () => (await import("./alerts.ts")).alerts());
  sub(
    "vm <name>",
    "a VM by its name or its id, each change of its state, and its newest samples",
    async (name, gateway) =>
      (await import("./vm.ts")).vm(await (await import("../graph/vm-named.ts")).vmNamed(gateway, name)),
  );
  sub("migrations", "the migrations that are not over, and each change of one", async () =>
    (await import("./migrations.ts")).migrations(),
  );
}
