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
    const target = this.#target ?? this.#locate();
    try {
      return await this.#exchange(target, request, shape);
    } catch (error) {
      // The process may have been restarted at another place: only then is the call sent again, which has its effect once.
      const moved = error instanceof HypervisorError || request.signal.aborted ? undefined : this.#moved(target);
      if (!moved) throw failureOf(error);
      return await this.#exchange(moved, request, shape).catch((again: unknown) => {
        throw failureOf(again);
      });
    }
  }

  async close(): Promise<void> {
    await this.#target?.pool.destroy();
  }

  async #exchange<Shape extends ZodType>(
    { pool, token }: Target,
    { method, path, body, signal, timeoutMs }: Request,
    shape: Shape,
  ): Promise<output<Shape>> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const response = await pool.request({
      method,
      path,
      headers,
      signal,
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await response.body.text();
    if (response.statusCode === 401) throw new Error("The token was refused.");
    const value: unknown = JSON.parse(text);
    if (response.statusCode === 200) return shape.parse(resultShape.parse(value).result);
    const { code, message } = refusalShape.parse(value).error;
    throw new HypervisorError(code, message);
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

const unavailable = (message: string, cause?: unknown): HypervisorError =>
  new HypervisorError("HYPERVISOR_UNAVAILABLE", `The simulated hypervisor: ${message}`, {
    cause,
  });

const failureOf = (error: unknown): HypervisorError =>
  error instanceof HypervisorError ? error : unavailable("It sent no usable response.", error);
