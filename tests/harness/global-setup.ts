/**
 * Starts the server and builds the bundles of the run, once, although each project that needs them calls it. It imports the code for that only then, because
 * each project would load it anew.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env["NOVACRON_TEST_SERVER_URL"]) return undefined;
  const { startRun } = await import("./run-server.ts");
  return startRun();
}
