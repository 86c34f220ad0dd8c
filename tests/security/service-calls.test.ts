import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { executedWrites } from "#db/executed-writes.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import type { ServiceCallContext, ServiceCalls } from "#lib/subgraph/service-calls.ts";
import { type CallerKey, callerKeys, callSigner } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { callsInProcess, callsOverHttp } from "#runtime/service-calls.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";

const [ours, theirs] = [fleetOf(1), fleetOf(2)];
const keysOf = (issuer: string, id = "1"): Keyring => [
  { id, secret: `the own key ${id} of ${issuer}, of 32 characters` },
];
const jobs = callSigner("jobs", keysOf("jobs"));

let product: TestProduct;
let server: RunningServer;
const callers = new Replaceable<readonly CallerKey[]>([
  ...callerKeys("gateway", keysOf("gateway"), "vms"),
  ...callerKeys("jobs", keysOf("jobs"), "vms"),
]);

beforeAll(async () => {
  product = await bootProduct({ tenantId: ours.tenantId });
  await Promise.all([1, 2].map((number) => insertFleet(product.urls, number, 60)));
  const vms = product.subgraphs.find(({ name }) => name === "vms");
  if (!vms) throw new Error("There is no vms subgraph.");
  const writes = executedWrites(product.databases.vms);
  server = await listenSubgraph({ subgraph: vms, callers, executedWrites: writes }, "127.0.0.1", 0);
});
afterAll(async () => {
  await server.close();
  await product.stop();
});

/** Returns the calls that end with the test. */
function over(url: string, signer = jobs): ServiceCalls {
  const calls = callsOverHttp(signer, { vms: url });
  onTestFinished(() => calls.close());
  return calls;
}

let used = 0;
const claim = () => ({
  vmId: ours.id("vm", (used += 1)),
  operationId: newOperationId("scheduler"),
  operationKind: "move_vm",
  token: 1,
});
const query = "mutation ($input: TakeVmSlotInput!) { taken: takeVmSlot(input: $input) { vmId } }";
const shape = z.object({ taken: z.object({ vmId: z.uuid() }) });
const context = (more: Partial<ServiceCallContext> = {}): ServiceCallContext => ({
  tenantId: ours.tenantId,
  requestId: "request",
  deadline: Date.now() + 10_000,
  signal: new AbortController().signal,
  ...more,
});
const take = (calls: ServiceCalls, input = claim(), more: Partial<ServiceCallContext> = {}) =>
  calls.call("vms", { query, variables: { input }, shape }, context(more));

describe.each([
  ["in one process", () => callsInProcess("jobs", product.subgraphs)],
  ["between processes", () => over(server.url)],
])("the call of a service, %s,", (_where, calls) => {
  it("resolves to the data of a field that names the service", async () => {
    const input = claim();
    expect(await take(calls(), input)).toEqual({ taken: { vmId: input.vmId } });
  });

  it("rejects with the code, the message and the details of its callee", async () => {
    const first = claim();
    await take(calls(), first);
    await expect(take(calls(), { ...first, operationId: newOperationId("vms") })).rejects.toMatchObject({
      code: "VM_BUSY",
      message: `The operation ${first.operationId} (move_vm) works on this VM.`,
      details: { operation: first.operationId, operationKind: "move_vm" },
    });
  });

  it("works in the tenant that it states, and no other", async () => {
    await expect(take(calls(), claim(), { tenantId: theirs.tenantId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    ["a field of clients", "{ vms { totalCount } }"],
    ["an object of clients", `{ vm(id: "${ours.id("vm", 1)}") { name } }`],
  ])("is refused %s", async (_what, document) => {
    const call = calls().call("vms", { query: document, shape: z.unknown() }, context());
    await expect(call).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("rejects when the data has another shape, or the document does not fit the schema", async () => {
    const other = z.object({ taken: z.number() });
    const call = calls().call("vms", { query, variables: { input: claim() }, shape: other }, context());
    await expect(call).rejects.toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
    const unknown = calls().call("vms", { query: "{ vmss }", shape: z.unknown() }, context());
    await expect(unknown).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });

  it("is not begun after its deadline or its signal", async () => {
    const late = take(calls(), claim(), { deadline: Date.now() - 1 });
    await expect(late).rejects.toMatchObject({ code: "SUBGRAPH_TIMEOUT" });
    await expect(take(calls(), claim(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "SUBGRAPH_UNAVAILABLE",
    });
  });
});

describe("attack 45: the call of a service between processes", () => {
  it.each([
    ["a service that the subgraph does not know", callSigner("scheduler", keysOf("scheduler"))],
    ["a service with the name of another", callSigner("jobs", keysOf("scheduler"))],
    ["a service with a key for another subgraph", callSigner("vms", keysOf("vms"))],
  ])("is refused to %s", async (_who, signer) => {
    await expect(take(over(server.url, signer))).rejects.toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
  });

  it("is refused to the gateway, which the field does not name", async () => {
    const gateway = callSigner("gateway", keysOf("gateway"));
    await expect(take(over(server.url, gateway))).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("is no request of a client: the graph has no such field, whatever the client's rights are", async () => {
    const { errors } = await product.ask(query, { input: claim() });
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(["GRAPHQL_VALIDATION_FAILED"]));
  });

  it("is signed by new keys while both sides run", async () => {
    const signer = callSigner("jobs", keysOf("jobs"));
    const calls = over(server.url, signer);
    const [old, next] = [callers.current(), keysOf("jobs", "2")];
    onTestFinished(() => callers.replace(old));
    callers.replace([...old, ...callerKeys("jobs", next, "vms")]);
    signer.keys.replace(next);
    expect(await take(calls)).toHaveProperty("taken");
    callers.replace(callerKeys("jobs", next, "vms"));
    expect(await take(calls)).toHaveProperty("taken");
    signer.keys.replace(keysOf("jobs"));
    await expect(take(calls)).rejects.toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
  });
});

describe("the call of a service", () => {
  /** Listens on a port until the test ends, and counts the requests. */
  async function callee(answer: (response: ServerResponse, request: IncomingMessage) => void) {
    const requests: string[] = [];
    const listener: RequestListener = (request, response) => {
      requests.push(request.url ?? "");
      answer(response, request);
    };
    const faulty = createServer(listener);
    await new Promise<void>((resolve) => faulty.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      faulty.closeAllConnections();
      faulty.close();
    });
    return { url: `http://127.0.0.1:${(faulty.address() as AddressInfo).port}/graphql`, requests };
  }

  it.each<[string, string, (response: ServerResponse, request: IncomingMessage) => void]>([
    ["closes the connection", "SUBGRAPH_UNAVAILABLE", (response) => response.destroy()],
    ["responds without GraphQL", "SUBGRAPH_UNAVAILABLE", (response) => response.end("<html>")],
    ["responds with other data", "SUBGRAPH_UNAVAILABLE", (response) => response.end('{"data":{"taken":null}}')],
    ["has a fault", "SUBGRAPH_UNAVAILABLE", (response) => response.writeHead(500).end()],
    [
      "redirects to another address",
      "SUBGRAPH_UNAVAILABLE",
      (response) => response.writeHead(307, { location: server.url }).end(),
    ],
    ["never responds", "SUBGRAPH_TIMEOUT", () => undefined],
  ])("to a callee that %s sends a mutation once and rejects in time", async (_what, code, answer) => {
    const { url, requests } = await callee(answer);
    const began = performance.now();
    const input = claim();
    await expect(take(over(url), input, { deadline: Date.now() + 500 })).rejects.toMatchObject({ code });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(requests).toEqual(["/graphql"]);
    expect(await take(over(server.url), { ...input, operationId: newOperationId("vms") })).toHaveProperty("taken");
  });

  it("to a callee that does not listen rejects each time, and that of another caller succeeds", async () => {
    const calls = over("http://127.0.0.1:1/graphql");
    for (let times = 0; times < 5; times += 1)
      await expect(take(calls)).rejects.toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
    expect(await take(over(server.url))).toHaveProperty("taken");
  });

  it("is given up at its signal", async () => {
    const { url, requests } = await callee(() => undefined);
    const given = new AbortController();
    const call = take(over(url), claim(), { signal: given.signal });
    const failure = call.catch((error: unknown) => error);
    await expect.poll(() => requests).toHaveLength(1);
    given.abort();
    expect(await failure).toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
  });
});
