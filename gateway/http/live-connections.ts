import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { PublicError } from "#lib/errors.ts";
import type { Authentication } from "../authentication/authenticate.ts";
import type { Gateway, GatewayContext } from "../gateway.ts";
import type { GraphQLAnswer, GraphQLRequest } from "../requests/graphql-request.ts";
import { ConnectionsByUser } from "../sockets/connections-by-user.ts";
import { Credentials } from "../sockets/credentials.ts";
import type { ConnectionObserver } from "../sockets/observer.ts";
import { SocketServer, type SocketServerOptions } from "../sockets/socket-server.ts";
import { EventStream } from "./event-stream.ts";
import { maxBodyBytes } from "./read-request.ts";

export interface LiveConnectionsOptions extends Pick<
  SocketServerOptions,
  "limits" | "anonymous" | "requestTimeoutMs" | "clientOf" | "admit" | "admitOperation" | "observer"
> {
  authentication: Authentication;
}

/** Long-lived connections: sockets, and streams of server-sent events. Their credentials are checked periodically, and the number per user is limited. */
export class LiveConnections {
  readonly #gateway: Gateway;
  readonly #limits: LiveConnectionsOptions["limits"];
  readonly #credentials: Credentials;
  readonly #users: ConnectionsByUser;
  readonly #observer: ConnectionObserver;
  readonly #sockets: SocketServer;
  readonly #eventStreams = new Set<EventStream>();

  constructor(gateway: Gateway, { authentication, ...options }: LiveConnectionsOptions) {
    this.#gateway = gateway;
    this.#limits = options.limits;
    this.#observer = options.observer;
    this.#credentials = new Credentials(authentication, options.limits.recheckMs);
    this.#users = new ConnectionsByUser(options.limits.socketsByUser);
    this.#sockets = new SocketServer({
      ...options,
      gateway,
      credentials: this.#credentials,
      users: this.#users,
      maxFrameBytes: maxBodyBytes,
    });
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.upgrade(request, stream, head);
  }

  /**
   * Streams the events of one operation.
   * @returns the refusal when there is no stream
   */
  async streamEvents(
    request: IncomingMessage,
    response: ServerResponse,
    { graphqlRequest, context }: { graphqlRequest: GraphQLRequest; context: GatewayContext },
  ): Promise<GraphQLAnswer | undefined> {
    const stream = new EventStream(response, {
      gateway: this.#gateway,
      credentials: this.#credentials,
      limits: this.#limits,
      observer: this.#observer,
      context,
    });
    if (!this.#users.take(context.identity, stream))
      throw new PublicError("OVERLOADED", "This user has the maximum number of connections.");
    this.#eventStreams.add(stream);
    this.#observer.onOpen?.("event stream");
    response.once("close", () => {
      this.#eventStreams.delete(stream);
      this.#observer.onClose?.("event stream", stream.closedFor);
      this.#users.release(stream);
    });
    const after = request.headers["last-event-id"];
    const extensions =
      after === undefined || after === "" ? graphqlRequest.extensions : { ...graphqlRequest.extensions, after };
    return stream.begin({ ...graphqlRequest, extensions });
  }

  async close(): Promise<void> {
    for (const stream of this.#eventStreams) stream.close("goingAway");
    await this.#sockets.close();
    this.#credentials.stop();
  }
}
