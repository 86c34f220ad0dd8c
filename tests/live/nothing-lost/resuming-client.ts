import { WebSocket } from "ws";
import type { CheckedClient } from "./checker.ts";

type ReceivedChange = CheckedClient["received"][number];
type Data = Record<string, unknown>;

interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

interface Next {
  data?: Record<string, Data | null> | null;
  errors?: unknown;
  extensions?: { cursor?: string };
}

/** The query of each subscription, and the change that an event of it reports. */
const subscriptions: Record<string, { query: string; changeOf(event: Data): ReceivedChange | undefined }> = {
  vm: {
    query: "subscription { vmStateChanged { toState reason vm { id name owner { username } } } }",
    changeOf: ({ toState, reason, vm }) => change(["vm", idOf(vm)], Number(reason), toState),
  },
  alert: {
    query: "subscription { alertChanged { state version alert { id message } } }",
    changeOf: ({ state, version, alert }) => change(["alert", idOf(alert)], Number(version), state),
  },
  migration: {
    query: `subscription { migrationProgressed {
      status progressPercentage version step { number status } migration { id } } }`,
    changeOf: ({ status, progressPercentage, version, step, migration }) => {
      const { number: stepNumber, status: stepStatus } = (step ?? {}) as { number?: number; status?: string };
      return stepStatus === undefined
        ? change(["migration", idOf(migration)], Number(version), `${String(status)} ${String(progressPercentage)}`)
        : change(["step", idOf(migration), stepNumber], stepNumbers.indexOf(stepStatus), stepStatus);
    },
  },
};
const stepNumbers = ["PENDING", "IN_PROGRESS", "COMPLETED"];
const idOf = (entity: unknown): string | undefined => (entity as { id: string } | null)?.id;
const change = (entity: readonly unknown[], number: number, state: unknown): ReceivedChange | undefined =>
  entity.includes(undefined) ? undefined : { entity: entity.join(" "), number, state: String(state).toLowerCase() };

/** Codes of temporary errors, after which the client retries. */
const passing = new Set([
  "SUBGRAPH_UNAVAILABLE",
  "SUBGRAPH_TIMEOUT",
  "OVERLOADED",
  "AUTH_UNAVAILABLE",
  "DATABASE_UNAVAILABLE",
]);
const longestPauseMs = 1_000;

export interface ClientOptions {
  name: string;
  tenantId: string;
  token: string;
  /** The gateways that it connects to in turn. */
  urls: readonly string[];
  /** The cursor at which it starts. */
  cursor: string;
  /** The kinds of entities whose changes it follows; all kinds by default. */
  follows?: readonly string[];
}

/** A client as docs/subscriptions.md describes it: it keeps the last cursor of each subscription, and resumes with it after a pause. */
export class ResumingClient implements CheckedClient {
  readonly name: string;
  readonly tenantId: string;
  readonly received: ReceivedChange[] = [];
  /** The time of each entry of `received`, on the clock of `performance.now()`. */
  readonly receivedAt: number[] = [];
  /** The codes with which its sockets were closed. */
  readonly closed: number[] = [];
  /** Messages that it cannot interpret. */
  readonly problems: string[] = [];
  readonly #options: ClientOptions;
  readonly #cursors = new Map<string, string>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #ws: WebSocket | undefined;
  #attempts = 0;
  #failures = 0;
  #isOver = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.name = options.name;
    this.tenantId = options.tenantId;
    for (const id of options.follows ?? Object.keys(subscriptions)) this.#cursors.set(id, options.cursor);
    this.#connect();
  }

  /** Stops reading from the socket. */
  pause(): void {
    this.#ws?.pause();
  }

  resume(): void {
    this.#ws?.resume();
  }

  /** Breaks the connection, as a network failure does. */
  cut(): void {
    this.#ws?.terminate();
  }

  stop(): void {
    this.#isOver = true;
    for (const timer of this.#pauses) clearTimeout(timer);
    this.#ws?.terminate();
  }

  #connect(): void {
    const { urls, token } = this.#options;
    const url = urls[this.#attempts % urls.length] ?? "";
    this.#attempts += 1;
    const ws = new WebSocket(url.replace("http:", "ws:"), "graphql-transport-ws");
    this.#ws = ws;
    ws.on("open", () => send(ws, { type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    ws.on("message", (data) => {
      if (!this.#isOver && this.#ws === ws) this.#receive(ws, JSON.parse(String(data)) as Message);
    });
    // The close event follows.
    ws.on("error", () => undefined);
    ws.on("close", (code) => {
      if (this.#isOver) return;
      this.closed.push(code);
      this.#failures += 1;
      this.#later(() => this.#connect());
    });
  }

  #receive(ws: WebSocket, { id = "", type, payload }: Message): void {
    switch (type) {
      case "connection_ack":
        this.#failures = 0;
        for (const each of this.#cursors.keys()) this.#subscribe(ws, each);
        return;
      case "ping":
        for (const [each, cursor] of Object.entries((payload as { cursors?: Data } | undefined)?.cursors ?? {}))
          this.#cursors.set(each, String(cursor));
        return send(ws, { type: "pong" });
      case "next":
        return this.#onNext(id, payload as Next);
      case "error":
        return this.#refused(ws, id, payload as { extensions?: { code?: string } }[]);
      case "complete":
        return this.#later(() => this.#subscribe(ws, id));
    }
  }

  #subscribe(ws: WebSocket, id: string): void {
    if (ws.readyState !== WebSocket.OPEN) return;
    const { query = "" } = subscriptions[id] ?? {};
    send(ws, { id, type: "subscribe", payload: { query, extensions: { after: this.#cursors.get(id) } } });
  }

  #onNext(id: string, next: Next): void {
    const event = Object.values(next.data ?? {})[0];
    const received = event ? subscriptions[id]?.changeOf(event) : undefined;
    if (received) {
      this.received.push(received);
      this.receivedAt.push(performance.now());
    } else this.problems.push(`${this.name} received an unexpected message: ${JSON.stringify(next)}`);
    if (next.extensions?.cursor !== undefined) this.#cursors.set(id, next.extensions.cursor);
  }

  #refused(ws: WebSocket, id: string, errors: readonly { extensions?: { code?: string } }[]): void {
    const code = errors[0]?.extensions?.code ?? "";
    if (!passing.has(code)) this.problems.push(`${this.name} was refused: ${JSON.stringify(errors)}`);
    this.#failures += 1;
    this.#later(() => this.#subscribe(ws, id));
  }

  /** Runs `act` after a random pause, whose limit doubles with each failure. */
  #later(act: () => void): void {
    const longest = Math.min(longestPauseMs, 50 * 2 ** Math.min(this.#failures, 10));
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      if (!this.#isOver) act();
    }, Math.random() * longest);
    this.#pauses.add(timer);
  }
}

function send(ws: WebSocket, message: Message): void {
  if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(message));
}

/** Returns the current cursor. */
export async function cursorNow(url: string, token: string): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: "{ __typename }", extensions: { cursor: true } }),
  });
  const { extensions } = (await response.json()) as { extensions: { cursor: string } };
  return extensions.cursor;
}
