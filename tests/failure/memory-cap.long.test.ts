import { pipeline, Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askGraph } from "#tests/harness/product.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";

const heapMebibytes = 160;
const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join("");
/** Within the limit of 32 MiB for a response. In memory an object takes ten times the two characters that represent it. */
const largeAnswer = `{"data":{"words":[${"{},".repeat(10_000_000)}{}]}}`;
function* endlessAnswer(): Generator<string> {
  yield '{"data":{"endless":[';
  for (;;) yield `"${"x".repeat(2 ** 20)}",`;
}

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await startGatewayProcess(
    "type Query { word: String! words: [Word!] endless: [String!] } type Word { text: String }",
    (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        if (body.includes("words")) response.end(largeAnswer);
        else if (body.includes("endless")) pipeline(Readable.from(endlessAnswer()), response, () => undefined);
        else response.end(`{"data":${wordsOf(body)}}`);
      });
    },
    `--max-old-space-size=${heapMebibytes}`,
  );
});
afterAll(() => gateway.stop());

/** Returns data with the value `plain` for `word` and for each of its aliases in the document. */
const wordsOf = (body: string): string => {
  const keys = [...body.matchAll(/(\w+):word/g)].map(([, key]) => key);
  return JSON.stringify(Object.fromEntries([...keys, "word"].map((key) => [key, "plain"])));
};

/** Sends all documents, eight at a time. */
async function askAll(documents: Iterable<string>): Promise<void> {
  const queue = documents[Symbol.iterator]();
  const client = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next())
      expect(await askGraph(gateway.url, next.value)).toMatchObject({ status: 200, errors: [] });
  };
  await Promise.all(Array.from({ length: 8 }, client));
}

describe(`fault 28: a gateway whose heap holds ${heapMebibytes} MiB`, () => {
  it("survives more different operations than it could keep", { timeout: 180_000 }, async () => {
    await askAll(
      (function* () {
        for (let at = 0; at < 2_000; at += 1) yield `{ ${times(60, (alias) => `a${at}_${alias}: word `)}}`;
      })(),
    );
  });

  it("survives documents of maximum length that are all comments, and keeps no comment", async () => {
    await askAll(
      (function* () {
        for (let at = 0; at < 100; at += 1) yield `{ a${at}: word }\n${"#\n".repeat(80_000)}`;
      })(),
    );
  });

  it("survives responses without an end", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => askGraph(gateway.url, "{ word endless }")));
    expect(answers.map(({ errors }) => errors.map(({ extensions }) => extensions.code))).toEqual(
      answers.map(() => ["SUBGRAPH_UNAVAILABLE", "SUBGRAPH_UNAVAILABLE"]),
    );
    expect(await askGraph(gateway.url, "{ word }")).toMatchObject({ data: { word: "plain" }, errors: [] });
  });

  it("ends when it runs out of memory, sends no client a partial response, and answers again after a restart", async () => {
    await expect(askGraph(gateway.url, "{ words { text } }")).rejects.toThrow("fetch failed");
    expect(await gateway.child.ended).not.toBe(0);
    await gateway.restart();
    expect(await askGraph(gateway.url, "{ word }")).toMatchObject({ data: { word: "plain" }, errors: [] });
  });
});
