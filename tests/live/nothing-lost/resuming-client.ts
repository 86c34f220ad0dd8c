import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ClientLog, Told } from "./checker.ts";

const subscriptions = {
  states: "subscription { vmStateChanged { toState reason vm { id owner { username } } } }",
  alerts: "subscription { alertChanged { state version alert { id vm { name } } } }",
  migrations:
    "subscription { migrationProgressed { status version step { stepNumber status } migration { id vm { name } } } }",
};

interface Data {
  vmStateChanged?: { toState: string; reason: string; vm: { id: string } };
  alertChanged?: { state: string; version: number; alert: { id: string } };
  migrationProgressed?: {
    status: string | null;
    version: number | null;
    step: { stepNumber: number; status: string } | null;
    migration: { id: string };
  };
}

interface Message {
  id?: string;
  type: string;
  payload?: { cursors?: Record<string, string>; data?: Data; extensions?: { cursor?: string } };
}

export interface ClientOptions {
  tenantId: string;
  token: string;
  /** The gateways, of which it takes one at each connection. */
  urls: readonly string[];
}

/**
 * A client that comes back after each lost connection, a moment later, with the cursors that it was told last. It is written against the protocol alone,
 * and shares nothing with the product.
 */
export class ResumingClient implements ClientLog {
  readonly tenantId: string;
  readonly told: Told[] = [];
  /** How often it has been connected, and the codes with which its connections were closed. */
  connections = 0;
  readonly closed: number[] = [];
  /** What was told instead of an event. */
  readonly errors: unknown[] = [];
  readonly #options: ClientOptions;
  readonly #cursors: Record<string, string> = {};
  #ws: WebSocket | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.tenantId = options.tenantId;
  }

  /** @returns when it has been told where each of its subscriptions begins */
  async start(): Promise<void> {
    this.#running = this.#run();
    while (Object.keys(this.#cursors).length < Object.keys(subscriptions).length) await wait(10);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ws?.terminate();
    await this.#running;
  }

  /** Its connection breaks. */
  cut(): void {
    this.#ws?.terminate();
  }

  /** Reads nothing more until told to, or the gateway loses patience. */
  stopReading(): void {
    this.#ws?.pause();
  }

  readOn(): void {
    this.#ws?.resume();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#connection();
      await wait(20 + Math.random() * 200);
    }
  }

  #connection(): Promise<void> {
    const { urls, token } = this.#options;
    const url = urls[this.connections++ % urls.length] ?? "";
    const ws = new WebSocket(url.replace("http:", "ws:"), "graphql-transport-ws");
    this.#ws = ws;
    return new Promise((resolve) => {
      ws.on("open", () =>
        ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } })),
      );
      ws.on("message", (data) => this.#hear(JSON.parse(String(data)) as Message, ws));
      ws.on("error", () => undefined);
      ws.on("close", (code) => {
        this.closed.push(code);
        resolve();
      });
    });
  }

  #hear({ id = "", type, payload }: Message, ws: WebSocket): void {
    if (type === "connection_ack")
      for (const [subscription, query] of Object.entries(subscriptions)) {
        const after = this.#cursors[subscription];
        const extensions = after === undefined ? undefined : { after };
        ws.send(JSON.stringify({ id: subscription, type: "subscribe", payload: { query, extensions } }));
      }
    if (type === "ping") {
      Object.assign(this.#cursors, payload?.cursors);
      ws.send('{"type":"pong"}');
    }
    if (type === "next") {
      const happened = payload?.data && happenedIn(payload.data);
      if (happened) this.told.push(happened);
      else this.errors.push(payload);
      if (payload?.extensions?.cursor) this.#cursors[id] = payload.extensions.cursor;
    }
    // It comes back, as after a lost connection.
    if (type === "error" || type === "complete") {
      this.errors.push(payload ?? type);
      ws.terminate();
    }
  }
}

function happenedIn({ vmStateChanged, alertChanged, migrationProgressed }: Data): Told | undefined {
  if (vmStateChanged)
    return { entity: `vm ${vmStateChanged.vm.id}`, event: `${vmStateChanged.reason} ${vmStateChanged.toState}` };
  if (alertChanged)
    return { entity: `alert ${alertChanged.alert.id}`, event: `${alertChanged.version} ${alertChanged.state}` };
  if (!migrationProgressed) return undefined;
  const { migration, step, status, version } = migrationProgressed;
  if (step) return { entity: `step ${migration.id} ${step.stepNumber}`, event: step.status };
  return { entity: `migration ${migration.id}`, event: `${version} ${status}` };
}
