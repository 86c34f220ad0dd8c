import { operationFromDocument, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import fc from "fast-check";
import { parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { bothExecutors } from "./both-executors.ts";
import { operationFrom } from "./documents.ts";
import { type MockSupergraph, prices, shop } from "./mock-supergraphs.ts";
import { wholeGraph } from "./whole-graph.ts";

// Always the same documents, so that a red run is the change's doing; other seeds explore.
const seed = Number(process.env["NOVACRON_SEED"] ?? 20261126);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 300);

const asked =
  ({ subgraphs }: MockSupergraph, calls: string[] = []) =>
  async (subgraph: string, query: string, variables: Readonly<Record<string, unknown>>) => {
    calls.push(`${subgraph} ${query}`);
    const answer = subgraphs[subgraph];
    if (!answer) throw new Error(`There is no subgraph ${subgraph}.`);
    return answer(query, variables);
  };

describe("a field that requires another with arguments", () => {
  const supergraph = prices();
  const both = bothExecutors(supergraph.sdl);
  const whole = wholeGraph(bothExecutors(supergraph.sdl).schema, supergraph);

  it.each([
    ["alone", "{ items(first: 1) { shipping } }"],
    ["beside the other without arguments", "{ items(first: 1) { price shipping } }"],
    ["beside the other with arguments of the client's", "{ items(first: 1) { price(currency: EUR) shipping } }"],
    [
      "beside a field that requires the same with other arguments",
      "{ items(first: 1) { shipping duty bare offers { discount } } }",
    ],
    ["deep in an object and in a list", "{ items(first: 1) { box crate size { width } parts(first: 3) { weight } } }"],
    ["of an interface", "{ sellers { taste thrift favourite { price } } }"],
    ["of what itself requires", "{ items(first: 1) { urgency calm shipping(express: false) } }"],
  ])("has the value that those arguments give it: %s", async (_where, query) => {
    const operation = { query, variables: {} };
    const answer = await both.ours(operation, asked(supergraph));
    expect(answer.errors).toEqual([]);
    expect(answer.data).toEqual(JSON.parse(JSON.stringify((await whole(operation)).data)));
    expect(JSON.stringify(answer.data)).toContain("[{");
  });

  it("is asked for together with what requires the same, and apart from what requires it otherwise", async () => {
    const calls: string[] = [];
    await both.ours(
      { query: "{ items(first: 1) { shipping box duty stock } }", variables: {} },
      asked(supergraph, calls),
    );
    const entities = /^.*_entities\(representations:\$representations\)(.*)\}$/;
    expect(calls.map((call) => call.replace(entities, "$1")).sort()).toEqual([
      "goods {items(first:1){__typename id size{width__given_6:width(unit:MM)}price__given_0:price(currency:USD)price__given_3:price(currency:EUR net:true)}}",
      "{...on Item{duty}}",
      "{...on Item{shipping box stock}}",
    ]);
  });

  it("is lost by Apollo's planner over the supergraph as it is: it asks for the client's price alone", () => {
    const original = Supergraph.build(supergraph.sdl);
    const document = parse("{ items { price(currency: EUR) shipping } }");
    const plan = new QueryPlanner(original).buildQueryPlan(operationFromDocument(original.apiSchema(), document));
    expect(JSON.stringify(plan)).toContain("price(currency:EUR)");
    expect(JSON.stringify(plan)).not.toContain("currency:USD");
  });
});

describe(`with NOVACRON_SEED=${seed}, any document is answered as if nobody had divided the graph`, () => {
  it.each([
    ["requirements with arguments", prices],
    ["requirements without", shop],
  ])("over %s", async (_name, made) => {
    const supergraph = made();
    const both = bothExecutors(supergraph.sdl);
    const whole = wholeGraph(bothExecutors(supergraph.sdl).schema, supergraph);
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(255), { minLength: 5, maxLength: 250, size: "max" }), async (tape) => {
        const operation = operationFrom(tape, { schema: both.schema, misnamed: true });
        fc.pre(validate(both.schema, parse(operation.query)).length === 0);
        planned += 1;
        const { data, errors } = await both.ours(operation, asked(supergraph));
        expect(errors, operation.query).toEqual([]);
        expect(data, operation.query).toEqual(JSON.parse(JSON.stringify((await whole(operation)).data)));
      }),
      { seed, numRuns: runs, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false },
    );
    expect(planned).toBeGreaterThan(runs / 2);
  });
});
