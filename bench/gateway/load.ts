import { Pool } from "undici";
import { bodyFor } from "./graph.ts";
import { connections, runConcurrently } from "./concurrent-calls.ts";

/** Clients of one server, over kept-alive connections. */
export class Load {
  readonly #pool: Pool;
  readonly #isInProcess: boolean;

  /** @param asksItself whether a library is measured, whose process runs the queries on our behalf */
  constructor(url: string, { isInProcess = false } = {}) {
    this.#pool = new Pool(new URL(url).origin, { connections });
    this.#isInProcess = isInProcess;
  }

  /** Sends one request. @throws Error when the request fails, or the response has errors in it */
  call(first: number): Promise<string> {
    return this.#post("/graphql", bodyFor(first));
  }

  /**
   * Sends `count` requests, as many at once as there are connections, for each of `sizes` in turn.
   * @returns how long all of it took, in milliseconds
   */
  async run(count: number, sizes: readonly number[]): Promise<number> {
    if (!this.#isInProcess) return runConcurrently(count, sizes, (size) => this.call(size));
    return JSON.parse(await this.#post("/run", JSON.stringify({ count, sizes }))) as number;
  }

  async #post(path: string, content: string): Promise<string> {
    const { statusCode, body } = await this.#pool.request({
      method: "POST",
      path,
      headers: { "content-type": "application/json", accept: "application/json" },
      body: content,
    });
    const text = await body.text();
    if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${statusCode}: ${text.slice(0, 500)}`);
    return text;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
