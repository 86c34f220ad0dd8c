/**
 * Makes the server and the bundles of the run, once: each project that needs them asks for it. What makes them is loaded only then, for each
 * project would load it anew.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env["NOVACRON_TEST_SERVER_URL"]) return undefined;
  const { startRun } = await import("./run-server.ts");
  return startRun();
}
