import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { until } from "./until.ts";

export interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

/** A client that sends the messages of the test, and records those that it receives. */
export class RawClient {
  readonly received: Message[] = [];
  closed: { code: number; reason: string } | undefined;
  answersPings = true;
  readonly ws: WebSocket;

  /** @param url the URL of a gateway */
  constructor(url: string, protocol = "graphql-transport-ws") {
    const address = url.replace("http:", "ws:");
    this.ws = protocol === "" ? new WebSocket(address) : new WebSocket(address, protocol);
    this.ws.on("message", (data) => {
      const message = JSON.parse(String(data)) as Message;
      this.received.push(message);
      if (message.type === "ping" && this.answersPings) this.ws.send('{"type":"pong"}');
    });
    this.ws.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.ws.on("error", () => undefined);
    onTestFinished(() => this.ws.terminate());
  }

  async send(...messages: (Message | string)[]): Promise<void> {
    if (this.ws.readyState === WebSocket.CONNECTING) await new Promise((resolve) => this.ws.once("open", resolve));
    for (const message of messages) this.ws.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Sends `connection_init`, waits for the acknowledgement, and sends the messages. @param payload of its `connection_init` */
  async connect(payload: unknown, ...messages: (Message | string)[]): Promise<void> {
    await this.send({ type: "connection_init", payload });
    await until(() => this.of("connection_ack").length > 0);
    await this.send(...messages);
  }

  async closeCode(): Promise<number | undefined> {
    await until(() => this.closed !== undefined);
    return this.closed?.code;
  }

  of(type: string, id?: string): Message[] {
    return this.received.filter((message) => message.type === type && (id === undefined || message.id === id));
  }

  /** Returns the data of the events of a subscription. */
  payloads<Data>(id: string): Data[] {
    return this.of("next", id).map(({ payload }) => (payload as { data: Data }).data);
  }
}

export const subscribe = (id: string, query: string, more: Record<string, unknown> = {}): Message => ({
  id,
  type: "subscribe",
  payload: { query, ...more },
});
