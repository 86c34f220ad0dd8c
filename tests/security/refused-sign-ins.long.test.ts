import { afterAll, beforeAll, expect, it } from "vitest";
import { type OwnServer, ownServer } from "#tests/failure/own-server.ts";
import { extent } from "#tests/harness/extent.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { type RefusedSignIns, refusedSignIns } from "./refused-sign-ins.ts";

const rounds = extent(150, 300);
const bandMs = 5;

let server: OwnServer;
let product: TestProduct;
let refused: RefusedSignIns;
beforeAll(async () => {
  // The server's commits wait for a real disk.
  server = await ownServer(["auth"], { fsync: "on" });
  product = await bootProduct({ authenticates: true, urls: server.urls });
  refused = await refusedSignIns(product);
});
afterAll(async () => {
  await product.stop();
  await server.clean();
});

it("attack 37: every refusal takes the same time: the medians are less than 5 ms apart", async () => {
  const beyond = new Map(refused.kinds.map((kind) => [kind, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    await refused.restore();
    const times = new Map<string, number>();
    // The order differs in each round, so that neither position nor predecessor affects the medians.
    for (const kind of shuffled(refused.kinds)) {
      const started = performance.now();
      await refused.attempt(kind);
      times.set(kind, performance.now() - started);
    }
    // Other load on the machine during a round affects all of them.
    const first = times.get(refused.kinds[0] ?? "") ?? 0;
    for (const [kind, time] of times) beyond.get(kind)?.push(time - first);
  }
  const medians = [...beyond].map(([kind, all]) => [kind, median(all)] as const);
  console.info(medians.map(([kind, time]) => `${kind}: ${time.toFixed(2)} ms`).join(", "));
  const times = medians.map(([, time]) => time);
  expect(Math.max(...times) - Math.min(...times)).toBeLessThan(bandMs);
});

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;

const shuffled = <T>(all: readonly T[]): T[] =>
  all
    .map((each) => [Math.random(), each] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, each]) => each);
