import type { IncomingMessage } from "node:http";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import type { SocketLimits } from "#gateway/sockets/socket-limits.ts";
import { PublicError } from "#lib/errors.ts";
import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { InMemoryLog, sourceOf } from "./in-memory-source.ts";
import { compose, orders, peopleTransport } from "./orders.ts";
import { type Message, RawClient, subscribe } from "./raw-client.ts";
import { until } from "./until.ts";

export const query = "subscription { ordered { number by { name } } }";
export const as = (token = "ann") => ({ authorization: `Bearer ${token}` });
export const init = (token = "ann"): Message => ({ type: "connection_init", payload: as(token) });

/** Returns the numbers of the orders that a subscription has received. */
export const numbers = (client: RawClient, id: string): number[] =>
  client.payloads<{ ordered: { number: number } }>(id).map(({ ordered }) => ordered.number);
export const cursorOf = (ping: Message | undefined): string =>
  (ping?.payload as { cursors: Record<string, string> } | undefined)?.cursors["1"] ?? "";
export const cursorIn = (next: Message | undefined): string | undefined =>
  (next?.payload as { extensions: { cursor: string } } | undefined)?.extensions.cursor;

/** A gateway over orders in memory, with the users who connect to it. */
export class OrdersGateway {
  readonly log = new InMemoryLog();
  /** The identities by token, which is also the id of the credential. */
  readonly users = new Map<string, Identity>([
    ["ann", { kind: "user", id: "ann", tenantId: "one", permissions: ["secret:read"] }],
  ]);
  authIsDown = false;
  /** No operation is admitted before this resolves. */
  counting = Promise.resolve();
  confirmations = 0;
  #server: GatewayServer | undefined;

  static async started(): Promise<OrdersGateway> {
    const gateway = new OrdersGateway();
    await gateway.start();
    return gateway;
  }

  /** Runs before a client is identified; no client is identified before its promise resolves. */
  identifies: (request: IncomingMessage) => Promise<void> = async () => undefined;

  get url(): string {
    return this.#server?.url ?? "";
  }

  get wsUrl(): string {
    return this.url.replace("http:", "ws:");
  }

  async start(socketLimits: Partial<SocketLimits> = {}, more: Partial<GatewayServerOptions> = {}): Promise<void> {
    this.#server = await startGateway({
      ...more,
      supergraphSdl: compose(orders),
      subscriptions: sourceOf({ orders: this.log }),
      transport: peopleTransport(),
      introspection: true,
      planning: "this thread",
      identify: async (request) => {
        const { authorization } = request.headers;
        await this.identifies(request as IncomingMessage);
        return authorization === undefined ? anonymous : this.#userOf(authorization.replace("Bearer ", ""));
      },
      confirm: async ({ id }, { counted } = { counted: false }) => {
        const user = this.#userOf(id);
        this.confirmations += 1;
        if (counted) await this.counting;
        return user;
      },
      ready: async () => true,
      allowedOrigins: ["https://console.example"],
      socketLimits: { recheckMs: 20, closingMs: 200, ...socketLimits },
      host: "127.0.0.1",
      port: 0,
    });
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Starts again with other limits or options. */
  async restart(...given: Parameters<OrdersGateway["start"]>): Promise<void> {
    await this.stop();
    await this.start(...given);
  }

  /** Connects a client and subscribes; resolves when the subscription is acknowledged by a ping with its cursor. */
  async subscribed(extensions: Record<string, unknown> = {}): Promise<{ client: RawClient; cursor: string }> {
    const client = new RawClient(this.wsUrl);
    await client.connect(as(), subscribe("1", query, { extensions }));
    await until(() => client.of("ping").length > 0);
    return { client, cursor: cursorOf(client.of("ping")[0]) };
  }

  #userOf(token: string): Identity & { credential: { kind: "session"; id: string } } {
    if (this.authIsDown) throw new PublicError("AUTH_UNAVAILABLE", "Later.");
    const user = this.users.get(token);
    if (!user) throw new PublicError("UNAUTHENTICATED", "No.");
    return { ...user, credential: { kind: "session", id: token } };
  }
}
