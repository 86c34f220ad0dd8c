import "#lib/process/load-environment-file.ts";
import { asset } from "#lib/assets.ts";
import { readPort } from "#lib/process/port-variable.ts";
import { runProcess } from "#lib/process/run-process.ts";
import { endOnStopSignals } from "#lib/process/stop-signals.ts";
import { serveRemoteSubgraphs } from "#runtime/serve-remote-subgraphs.ts";

// The process entry of a gateway whose subgraphs run in other processes: SUBGRAPH_URL_<NAME> gives their addresses.
await runProcess(async () => {
  const signals = endOnStopSignals();
  const gateway = await serveRemoteSubgraphs({
    supergraphFile: asset("supergraph.graphql"),
    urls: {},
    open: false,
    host: process.env["HOST"] ?? "127.0.0.1",
    port: readPort("PORT", 4000),
  });
  signals.whenStarted(gateway.stop);
  process.stdout.write(`novacron ready ${gateway.url}\n`);
});
