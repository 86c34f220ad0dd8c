import { Option, type Command } from "commander";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { failProcess } from "#lib/process/run-process.ts";
import { endOnStopSignals } from "#lib/process/stop-signals.ts";

interface GatewayCommandOptions {
  supergraph: string;
  url: Record<string, string>;
  host: string;
  port: number;
  open: boolean;
}

/** Adds `novacron gateway`: a gateway alone, in front of subgraphs that run elsewhere. */
export function addGatewayCommand(program: Command, portOf: (text: string) => number): void {
  program
    .command("gateway")
    .description("serve any Federation 2 supergraph; its file is read again when it changes")
    .requiredOption("--supergraph <file>", "the composed schema")
    .addOption(
      new Option("--url <name=url>", "the URL of a subgraph, instead of the one in the supergraph; once for each")
        .argParser(withUrl)
        .default({}, "the supergraph's"),
    )
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <port>", "where to listen; 0 takes a free port", portOf, 4000)
    .option("--open", "no authentication, no signed calls, no limits: for test suites and benchmarks", false)
    .action(async ({ supergraph, url, ...options }: GatewayCommandOptions) => {
      const { serveRemoteSubgraphs } = await import("#runtime/serve-remote-subgraphs.ts");
      const signals = endOnStopSignals();
      const gateway = await serveRemoteSubgraphs({ supergraphFile: supergraph, urls: url, ...options });
      signals.whenStarted(() => gateway.stop().catch(failProcess));
      process.stdout.write(`novacron ready ${gateway.url}\n`);
    });
}

function withUrl(text: string, known: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  const [name, url] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !/^https?:/.test(url) || !URL.canParse(url))
    throw new ConfigurationError([`--url: ${text} is not such as accounts=http://127.0.0.1:4001/graphql`]);
  return { ...known, [name]: url };
}
