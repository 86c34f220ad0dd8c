import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";

const clients = 4;
/** Longer than the delay of the event loop at which requests are refused. */
const stolenMs = 300;

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await startGatewayProcess("type Query { word: String! }", (_request, response) => {
    response.end(JSON.stringify({ data: { word: "plain" } }));
  });
});
afterAll(async () => {
  gateway.child.signal("SIGCONT");
  await gateway.stop();
});

/** Sends one query, and expects data, or a refusal with a `Retry-After` header. */
async function ask(): Promise<"answered" | "refused"> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(gateway.url, { method: "POST", headers, body: '{"query":"{ word }"}' });
  const answer = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  if (response.status === 200) {
    expect(answer).toEqual({ data: { word: "plain" } });
    return "answered";
  }
  const codes = answer.errors?.map(({ extensions }) => extensions.code);
  expect({ status: response.status, codes }).toEqual({ status: 503, codes: ["OVERLOADED"] });
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  return "refused";
}

async function expectAlive(): Promise<void> {
  expect((await fetch(new URL("/health/live", gateway.url))).status).toBe(200);
}

/** Runs clients that send one request after the other until `during` has ended. */
async function underLoad(during: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) await ask();
  };
  await Promise.all([during().finally(() => over.abort()), ...Array.from({ length: clients }, client)]);
}

describe("fault 27: a gateway whose CPU is stolen", () => {
  it("by a busy process on each core answers every request or refuses it, and reports that it is alive", async () => {
    const burners = cpus().map(() => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
    onTestFinished(() => {
      for (const burner of burners) burner.kill("SIGKILL");
    });
    await underLoad(async () => {
      for (let times = 0; times < 20; times += 1) await expectAlive();
    });
  });

  it.skipIf(process.platform === "win32")(
    "most of the time refuses requests, and still reports that it is alive",
    async () => {
      const refusal = new AbortController();
      const untilRefused = async (): Promise<void> => {
        while ((await ask()) !== "refused");
      };
      // It runs for the time that one response takes, and is stopped for far longer. To its event loop, that is stolen time.
      const steal = async (): Promise<void> => {
        while (!refusal.signal.aborted) {
          gateway.child.signal("SIGSTOP");
          await new Promise((resolve) => setTimeout(resolve, stolenMs));
          gateway.child.signal("SIGCONT");
          await expectAlive();
        }
      };
      await underLoad(async () => {
        await Promise.all([untilRefused().finally(() => refusal.abort()), steal()]);
      });
    },
  );

  it("answers every request when it has the CPU again", async () => {
    const askTwenty = async () => new Set(await Promise.all(Array.from({ length: 20 }, ask)));
    await expect.poll(askTwenty, { timeout: 20_000 }).toEqual(new Set(["answered"]));
  });
});
