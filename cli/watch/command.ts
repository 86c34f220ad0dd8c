import { type Command, Option } from "commander";
import type { Environment } from "#cli/environment.ts";
import { endOnStopSignals } from "#lib/stop-signals.ts";
import type { Watched } from "./watched.ts";

interface WatchOptions {
  url: string;
  dataDir?: string;
  json: boolean;
}

/** `novacron watch alerts|vm|migrations`: what happens, for people in a terminal. */
export function addWatchCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
  say: (line: string) => void,
): void {
  const command = program
    .command("watch")
    .description("print what is now and each change of it, as a gateway tells it; Ctrl-C ends it");

  const sub = (usage: string, description: string, load: (id: string) => Promise<Watched>) =>
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
        const ending = new AbortController();
        const { dataDir } = environmentOf(options);
        const signals = endOnStopSignals();
        const watching = watch(await load(String(args[0])), { ...options, dataDir, signal: ending.signal, say });
        signals.whenStarted(async () => {
          ending.abort();
          await watching;
        });
        await watching;
      });

  sub("alerts", "the alerts that are open, and each change of one", async () => (await import("./alerts.ts")).alerts());
  sub("vm <id>", "a VM, each change of its state, and its newest samples", async (id) =>
    (await import("./vm.ts")).vm(id),
  );
  sub("migrations", "the migrations that are not over, and each change of one", async () =>
    (await import("./migrations.ts")).migrations(),
  );
}
