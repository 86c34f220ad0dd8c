// Starts a server as a separate process, prints one JSON line about it, and runs until it is killed or until a line on its standard input requests
// its end. Arguments: the options as JSON.
import { type EmbeddedOptions, EmbeddedPostgresError, startEmbeddedPostgres } from "#db/embedded/start.ts";

const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const lines: string[] = [];
const options = JSON.parse(process.argv[2] ?? "{}") as EmbeddedOptions;
try {
  const server = await startEmbeddedPostgres({ ...options, log: (line) => lines.push(line) });
  const url = server.url(options.databases[0] ?? "postgres");
  print({ url, port: server.port, dataDir: server.dataDir, adopted: server.adopted, lines });
  process.stdin.once("data", (command) => {
    if (command.toString().startsWith("exit")) process.exit(0);
    void server.stop().then(() => process.exit(0));
  });
} catch (error) {
  print({ code: error instanceof EmbeddedPostgresError ? error.code : "UNKNOWN", message: String(error) });
  process.exitCode = 1;
}
