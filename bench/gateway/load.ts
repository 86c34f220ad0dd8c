import { Pool } from "undici";
import { bodyFor } from "./graph.ts";

/** How many requests are under way at once. */
const connections = 8;

/** Clients of one server, over kept-alive connections. */
export class Load {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(new URL(url).origin, { connections });
  }

  /** @throws Error when the answer is none, or has errors in it */
  async ask(first: number): Promise<string> {
    const { statusCode, body } = await this.#pool.request({
      method: "POST",
      path: "/graphql",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: bodyFor(first),
    });
    const text = await body.text();
    if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${statusCode}: ${text.slice(0, 500)}`);
    return text;
  }

  /**
   * Asks `count` times, as many at once as there are connections, for each of `sizes` in turn.
   * @returns how long all of it took, in milliseconds
   */
  async run(count: number, sizes: readonly number[]): Promise<number> {
    let next = 0;
    const began = performance.now();
    const client = async (): Promise<void> => {
      while (next < count) {
        const first = sizes[next % sizes.length] ?? 0;
        next += 1;
        await this.ask(first);
      }
    };
    await Promise.all(Array.from({ length: connections }, client));
    return performance.now() - began;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
