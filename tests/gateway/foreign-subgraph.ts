import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { WebSocketServer } from "ws";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { overNetwork } from "#gateway/subscriptions/network/over-network.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { overHttp } from "#gateway/transport/http.ts";
import type { TransportLimits } from "#gateway/transport/limits.ts";
import { anonymous } from "#lib/trust/request-context.ts";

/** The response, sent byte for byte. */
export interface Reply {
  status?: number;
  type?: string;
  body: string;
}

/** A subgraph whose responses the test writes as text, because no JSON of this process can represent every number. */
export class ForeignSubgraph {
  /** The bodies of calls and the messages of subscriptions, as received. */
  readonly received: string[] = [];
  reply: Reply = { body: '{"data":{}}' };
  /** The payloads of the next subscription. */
  events: readonly string[] = [];
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        this.received.push(body);
        const { status = 200, type = "application/json", body: answer } = this.reply;
        response.writeHead(status, { "content-type": type }).end(answer);
      });
    });
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on("connection", (socket) =>
      socket.on("message", (data: Buffer) => {
        const { type, id } = JSON.parse(data.toString()) as { type: string; id?: string };
        if (type === "connection_init") socket.send('{"type":"connection_ack"}');
        if (type !== "subscribe") return;
        this.received.push(data.toString());
        for (const event of this.events) socket.send(`{"type":"next","id":"${id}","payload":${event}}`);
        socket.send(`{"type":"complete","id":"${id}"}`);
      }),
    );
  }

  /** Starts the server. @returns its URL */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  stop(): void {
    this.#sockets.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export const supergraphOf = (schemas: Readonly<Record<string, string>>): string => {
  const services = Object.entries(schemas).map(([name, sdl]) => ({
    name,
    typeDefs: parse(sdl),
    url: `http://${name}`,
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return supergraphSdl;
};

/** Starts a gateway in front of foreign subgraphs, with the settings of `novacron gateway --open`. */
export const gatewayBefore = (
  supergraphSdl: string,
  urls: Readonly<Record<string, string>>,
  limits: Partial<TransportLimits> = {},
): Promise<GatewayServer> =>
  startGateway({
    supergraphSdl,
    transport: guarded(overHttp(urls, undefined), limits),
    subscriptions: overNetwork(urls, undefined),
    anonymousSockets: true,
    introspection: true,
    planning: "this thread",
    identify: async () => anonymous,
    ready: async () => true,
    allowedOrigins: [],
    host: "127.0.0.1",
    port: 0,
  });

/** Sends a body as it is, and returns the text of the response. */
export async function posted(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await response.text()).trimEnd();
}
