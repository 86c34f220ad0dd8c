import { Pool } from "undici";
import type { output, ZodType } from "zod";
import { HypervisorError } from "../port.ts";
import { readConnection } from "./connection-file.ts";
import { refusalShape, resultShape } from "./protocol.ts";

/** Where the process is: the folder in which it writes its connection, read again when it has moved; or a fixed address. */
export type SimulatedHypervisorAddress = { folder: string } | { url: string; token: string };

export interface ClientLimits {
  connectMs: number;
  /** How long a call may take, in addition to the time that the guest of a graceful stop may take. */
  callMs: number;
  maxResponseBytes: number;
  connections: number;
}

export const defaultLimits: ClientLimits = {
  connectMs: 2_000,
  callMs: 30_000,
  maxResponseBytes: 64 * 2 ** 20,
  connections: 64,
};

interface Target {
  url: string;
  token: string;
  pool: Pool;
}

interface Request {
  method: "GET" | "POST";
  path: string;
  body?: unknown;
  signal: AbortSignal;
  timeoutMs: number;
}

/** Sends requests to where the process is now. */
export class Sender {
  readonly #address: SimulatedHypervisorAddress;
  readonly #limits: ClientLimits;
  #target: Target | undefined;

  constructor(address: SimulatedHypervisorAddress, limits: ClientLimits) {
    this.#address = address;
    this.#limits = limits;
  }

  /** @throws HypervisorError */
  async send<Shape extends ZodType>(request: Request, shape: Shape): Promise<output<Shape>> {
    const ended = new AbortController();
    const end = () => ended.abort();
    const timer = setTimeout(end, request.timeoutMs);
    request.signal.addEventListener("abort", end, { once: true });
    if (request.signal.aborted) end();
    try {
      return await this.#sendUntil(ended.signal, request, shape);
    } catch (error) {
      throw error instanceof HypervisorError ? error : unavailable("It sent no usable response.", error);
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", end);
    }
  }

  async #sendUntil<Shape extends ZodType>(signal: AbortSignal, request: Request, shape: Shape): Promise<output<Shape>> {
    const target = this.#target ?? this.#locate();
    try {
      return await exchange(target, { ...request, signal }, shape);
    } catch (error) {
      // Only a process that was restarted at another place is sent the call again, which has its effect once.
      const moved = error instanceof HypervisorError || signal.aborted ? undefined : this.#moved(target);
      if (!moved) throw error;
      return await exchange(moved, { ...request, signal }, shape);
    }
  }

  async close(): Promise<void> {
    await this.#target?.pool.destroy();
  }

  /** @throws HypervisorError HYPERVISOR_UNAVAILABLE when no process has written its connection */
  #locate(): Target {
    const found = "folder" in this.#address ? readConnection(this.#address.folder) : this.#address;
    if (!found) throw unavailable("It does not run.");
    const { connectMs, connections, maxResponseBytes } = this.#limits;
    const pool = new Pool(new URL(found.url).origin, {
      connections,
      connect: { timeout: connectMs },
      maxResponseSize: maxResponseBytes,
      // Each call has a time limit of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Below that of the server, so that it closes no connection that is about to be used.
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 30_000,
    });
    return (this.#target = { url: found.url, token: found.token, pool });
  }

  /** Returns the new target when the process is no longer at `before`. */
  #moved(before: Target): Target | undefined {
    if (this.#target && this.#target !== before) return this.#target;
    const found = "folder" in this.#address ? readConnection(this.#address.folder) : undefined;
    if (!found || (found.url === before.url && found.token === before.token)) return undefined;
    before.pool.destroy().catch(() => undefined);
    return this.#locate();
  }
}

async function exchange<Shape extends ZodType>(
  { pool, token }: Target,
  { method, path, body, signal }: Request,
  shape: Shape,
): Promise<output<Shape>> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await pool.request({ method, path, headers, signal, body: text });
  const received: unknown = JSON.parse(await response.body.text());
  if (response.statusCode === 200) return shape.parse(resultShape.parse(received).result);
  // A refused token does not fit either: no effect, but a process that may have moved.
  const { code, message } = refusalShape.parse(received).error;
  throw new HypervisorError(code, message);
}

const unavailable = (message: string, cause?: unknown): HypervisorError =>
  new HypervisorError("HYPERVISOR_UNAVAILABLE", `The simulated hypervisor: ${message}`, { cause });
