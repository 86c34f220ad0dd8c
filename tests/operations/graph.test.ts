import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { startOperation } from "#db/operations/requests.ts";
import { operationStore } from "#db/operations/store.ts";
import { type OperationDefinition, OperationDefinitions } from "#lib/operations/definition.ts";
import { newOperationId, operationType } from "#lib/operations/operation-id.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { newId } from "#lib/uuid.ts";
import { until } from "#tests/events/until.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { cloneDatabases } from "#tests/harness/server.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { insertOperation } from "#tests/mutations/operation-row.ts";
import { limits } from "./drill.ts";

const { tenantId, id } = fleetOf(1);
const scope = { tenantId, actor: "user:ada", requestId: "request-1" };
const vm = id("vm");
/** The subgraphs that the gateway does not reach. */
const dead = new Set<string>();

let product: TestProduct;
beforeAll(async () => {
  const urls = await cloneDatabases();
  await insertFleet(urls, 1, 1);
  product = await bootProduct({
    tenantId,
    urls,
    withEvents: true,
    wrapTransport: (inner) => ({
      ...inner,
      send: (name, ...call) => (dead.has(name) ? Promise.reject(new Error("It is dead.")) : inner.send(name, ...call)),
    }),
  });
});
afterAll(() => product.stop());

const stepNamed = (name: string) => ({
  type: "transaction" as const,
  name,
  ...limits,
  run: async () => ({ made: name }),
  undo: async () => undefined,
});
const twoSteps = (kind: string): OperationDefinition<WriteTx> => ({
  kind,
  version: 1,
  steps: [{ ...stepNamed("first"), lastSafePoint: true }, stepNamed("second")],
});

const started = async (domain: Domain, kind: string, subject = `Vm:${vm}`): Promise<string> =>
  (
    await product.databases[domain].write(scope, (tx) =>
      startOperation(tx, twoSteps(kind), { input: { secret: "of the input" }, subject }),
    )
  ).id;

function work(domain: Domain, kind: string): () => Promise<void> {
  const system = product.events?.systems[domain];
  if (!system) throw new Error("The product has no events.");
  const store = operationStore({
    service: product.databases[domain],
    system,
    url: product.urls.url(domain, "system"),
  });
  const worker = startWorker({ store, definitions: new OperationDefinitions([twoSteps(kind)]), pollMs: 200 });
  return () => worker.stop();
}

const listed = async (filter: string): Promise<{ id: string; kind: string }[]> =>
  (await product.ask(`{ operations(filter: { ${filter} }) { nodes { id kind } } }`)).data.operations.nodes;

const everything = `__typename id kind state subject { type id } actor requestId cancellable waitingFor endedAt progress { stepsDone stepsTotal }
  steps { name state attempts error { code } } error { code } leftBehind { step result }`;

describe.each(domains)("an operation of the %s domain", (domain) => {
  it("is read at once, is listed by each of its properties a moment later, and has all its steps", async () => {
    const kind = `kind_of_${domain}`;
    const operation = await started(domain, kind);
    const { data, errors } = await product.ask(`{ operation(id: "${operation}") { ${everything} } }`);
    expect(errors).toEqual([]);
    expect(data.operation).toEqual({
      __typename: operationType(domain),
      id: operation,
      kind,
      state: "PENDING",
      subject: { type: "Vm", id: vm },
      actor: "user:ada",
      requestId: "request-1",
      cancellable: true,
      waitingFor: null,
      endedAt: null,
      progress: { stepsDone: 0, stepsTotal: 2 },
      steps: ["first", "second"].map((name) => ({ name, state: "PENDING", attempts: 0, error: null })),
      error: null,
      leftBehind: [],
    });
    await until("it is listed", async () => (await listed(`kind: ["${kind}"]`)).length === 1);
    const conditions = [
      `id: ["${operation}"]`,
      `state: [PENDING], kind: ["${kind}"]`,
      `subject: ["${vm}"], subjectType: ["Vm"], kind: ["${kind}"]`,
      `actor: ["user:ada"], kind: ["${kind}"]`,
      `createdAt: { from: "2026-01-01T00:00:00Z" }, kind: ["${kind}"]`,
    ];
    for (const each of conditions) expect(await listed(each), each).toEqual([{ id: operation, kind }]);
    for (const each of [`state: [DONE], kind: ["${kind}"]`, `actor: ["user:bob"], kind: ["${kind}"]`])
      expect(await listed(each), each).toEqual([]);
    const under = await product.ask(
      `{ vm(id: "${vm}") { operations(filter: { kind: ["${kind}"] }) { nodes { id kind } } } }`,
    );
    expect(under.data.vm.operations.nodes).toEqual([{ id: operation, kind }]);
  });

  it("is emitted when it starts and until it has ended, never as it was before", async () => {
    const kind = `live_kind_of_${domain}`;
    const client = new RawClient(product.url);
    const selection = "id state progress { stepsDone }";
    await client.connect(
      {},
      subscribe("1", `subscription { operationProgressed(filter: { kind: ["${kind}"] }) { ${selection} } }`),
      subscribe("2", `subscription { operationProgressed(filter: { kind: ["another"] }) { ${selection} } }`),
    );
    // The subscription has begun when it emits: an operation before it may be missed.
    const first = await started(domain, kind);
    await until("the first is emitted", () => client.payloads("1").length > 0);
    const stop = work(domain, kind);
    const second = await started(domain, kind);
    type Emitted = { operationProgressed: { id: string; state: string; progress: { stepsDone: number } } };
    const emitted = () => client.payloads<Emitted>("1").map(({ operationProgressed }) => operationProgressed);
    await until("both have ended", () =>
      [first, second].every((each) => emitted().some((one) => one.id === each && one.state === "DONE")),
    );
    await stop();
    expect(emitted()[0]).toEqual({ id: first, state: "PENDING", progress: { stepsDone: 0 } });
    for (const each of [first, second]) {
      const steps = emitted()
        .filter((one) => one.id === each)
        .map((one) => one.progress.stepsDone);
      expect(steps).toEqual(steps.toSorted());
      expect(steps.at(-1)).toBe(2);
    }
    expect(client.payloads("2")).toEqual([]);
  });

  it("is cancelled until its last safe point, by many at once, on behalf of the user", async () => {
    const cancel = (operation: string) =>
      product.ask(
        `mutation { cancelOperation(input: { id: "${operation}" }) { operation { id cancelRequestedAt cancellable } userErrors { code message } } }`,
      );
    const operation = await insertOperation(product.urls, domain, { tenantId, state: "pending" });
    const answers = await Promise.all(Array.from({ length: 16 }, () => cancel(operation)));
    for (const { data, errors } of answers) {
      expect(errors).toEqual([]);
      expect(data.cancelOperation).toEqual({
        operation: { id: operation, cancelRequestedAt: expect.any(String), cancellable: false },
        userErrors: [],
      });
    }
    const past = await insertOperation(product.urls, domain, {
      tenantId,
      state: "running",
      attempted: ["first", "second"],
    });
    expect((await cancel(past)).data.cancelOperation.userErrors).toEqual([
      { code: "NOT_CANCELLABLE", message: expect.stringContaining("The step second was attempted") },
    ]);
    const ended = await insertOperation(product.urls, domain, { tenantId, state: "done" });
    expect((await cancel(ended)).data.cancelOperation.userErrors).toMatchObject([{ code: "OPERATION_ENDED" }]);
  });

  it("is abandoned when it is parked, after its ids were listed and accepted", async () => {
    const abandon = async (operation: string, consent: boolean) =>
      (
        await product.ask(
          `mutation { abandonOperation(input: { id: "${operation}", consent: ${consent} }) { operation { id state leftBehind { step result } } userErrors { code message } } }`,
        )
      ).data.abandonOperation;
    const operation = await insertOperation(product.urls, domain, { tenantId, state: "parked" });
    expect(await abandon(operation, false)).toEqual({
      operation: null,
      userErrors: [{ code: "CONSENT_REQUIRED", message: expect.stringContaining('first {"id":"a"}') }],
    });
    expect(await abandon(operation, true)).toEqual({
      operation: { id: operation, state: "ABANDONED", leftBehind: [{ step: "first", result: { id: "a" } }] },
      userErrors: [],
    });
    const running = await insertOperation(product.urls, domain, { tenantId, state: "running" });
    expect((await abandon(running, true)).userErrors).toMatchObject([{ code: "OPERATION_NOT_PARKED" }]);
  });

  it("is not there for another tenant, nor is an id of no operation", async () => {
    const theirs = await insertOperation(product.urls, domain, { tenantId: fleetOf(2).tenantId, state: "parked" });
    for (const each of [theirs, newOperationId(domain), newId().replace(/^(.{17})./, "$10")]) {
      const asked = [
        `{ operation(id: "${each}") { id } }`,
        `mutation { cancelOperation(input: { id: "${each}" }) { userErrors { code } } }`,
        `mutation { abandonOperation(input: { id: "${each}", consent: true }) { userErrors { code } } }`,
      ];
      for (const query of asked) {
        const { errors } = await product.ask(query);
        expect(
          errors.map(({ extensions }) => extensions.code),
          query,
        ).toEqual(["NOT_FOUND"]);
      }
    }
    expect(await listed(`id: ["${theirs}"]`)).toEqual([]);
  });
});

it("a dead subgraph hides only its own operations in a list, with an error for each", async () => {
  const kind = "of_a_dead_subgraph";
  const [own, other] = [await started("vms", kind), await started("federation", kind)];
  await until("both are listed", async () => (await listed(`kind: ["${kind}"]`)).length === 2);
  dead.add("federation");
  const { data, errors } = await product.ask(`{ operations(filter: { kind: ["${kind}"] }) { nodes { id kind } } }`);
  dead.clear();
  expect(data.operations.nodes).toEqual([null, { id: own, kind }]);
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(["SUBGRAPH_UNAVAILABLE"]);
  expect((await listed(`id: ["${other}"]`)).length).toBe(1);
});
