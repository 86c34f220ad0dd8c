import { type Client, createClient, type FormattedExecutionResult, type Sink, type SubscribePayload } from "graphql-ws";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { iterable } from "./iterable.ts";

export interface ResumingClientOptions {
  /** The gateway's address for queries: `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** Returns a session token or an API key. Called at each connection, so that a new one can replace one that has expired. */
  token: () => string | Promise<string>;
  /** Called when the connection is lost; the client then reconnects. */
  onLost?: (why: string) => void;
  onFound?: () => void;
  /** A connection that has received nothing for so long is considered dead. The gateway pings every 15 seconds. */
  longestSilenceMs?: number;
}

/** Errors of GraphQL; `code` is that of the first. */
export class AnswerErrors extends Error {
  readonly code: string;

  constructor(errors: readonly { message: string; extensions?: Readonly<Record<string, unknown>> | undefined }[]) {
    super(errors.map(({ message }) => message).join(" "));
    this.code = String(errors[0]?.extensions?.["code"] ?? "UNKNOWN");
  }
}

/** Why there is no connection, when the client no longer reconnects. */
export class ConnectionError extends Error {
  /** The code with which the gateway closed the socket; undefined when it cannot be reached. */
  readonly closeCode: number | undefined;

  constructor(message: string, closeCode?: number) {
    super(message);
    this.closeCode = closeCode;
  }
}

const forbidden = 4403;
/** The codes with which networks and proxies close connections. */
const lostConnection = [1005, 1006, 1012, 1014];
/** The codes after which docs/subscriptions.md asks clients to reconnect. After any other code, the gateway would only close the connection again. */
const reconnectRequests = [1001, 1013, 4408, 4410, 4413];
const reconnectCodes = new Set([...lostConnection, ...reconnectRequests]);

const longestWaitMs = 15_000;

/** Random, so that the clients of a gateway that was unavailable do not all reconnect at once. */
export const waitBefore = (attempt: number): number => Math.random() * Math.min(longestWaitMs, 250 * 2 ** attempt);

/**
 * Returns a client of graphql-ws whose subscriptions resume after a lost connection. It gives up when a reconnect would not help, or when it has never been
 * connected. A sink receives AnswerErrors or a ConnectionError.
 */
export function resumingClient(options: ResumingClientOptions): Client {
  const { url, token, onLost, onFound, longestSilenceMs = 40_000 } = options;
  // graphql-ws sends a payload again with each connection. Its cursor moves with each event and ping.
  const payloads = new Map<string, SubscribePayload>();
  const move = (payload: SubscribePayload | undefined, after: unknown) => {
    if (payload && typeof after === "string") Object.assign(payload, { extensions: { ...payload.extensions, after } });
  };
  const ending = new AbortController();
  let sent: string | undefined;
  let refused: string | undefined;
  /** Rejected tokens in a row: the one that has expired, and the one that should have replaced it. */
  let refusals = 0;
  let wasConnected = false;
  let isLost = false;
  let silence: NodeJS.Timeout | undefined;
  let current: WebSocket | undefined;

  const onMessage = () => {
    clearTimeout(silence);
    silence = setTimeout(() => current?.terminate(), longestSilenceMs);
  };

  const shouldReconnect = (problem: unknown): boolean => {
    if (isClose(problem)) {
      if (problem.code !== forbidden) return reconnectCodes.has(problem.code);
      refused = sent;
      refusals += 1;
      return refusals === 1;
    }
    // An Error comes from `token`, or from a message that violates the protocol. Any other problem comes from the network.
    return !(problem instanceof Error) && wasConnected && mayAnswerLater(problem);
  };

  const client = createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: ImpatientWebSocket,
    connectionParams: async () => {
      sent = await token();
      if (sent === refused) throw new ConnectionError("The token or key is not valid.", forbidden);
      return { authorization: `Bearer ${sent}` };
    },
    generateID: (payload) => {
      const id = crypto.randomUUID();
      payloads.set(id, payload);
      return id;
    },
    // A query and the subscription that follows it share a connection.
    lazyCloseTimeout: 1_000,
    retryAttempts: Infinity,
    shouldRetry: shouldReconnect,
    retryWait: (attempt) => pause(waitBefore(attempt), undefined, { signal: ending.signal }).catch(() => undefined),
    on: {
      opened: (socket) => {
        current = socket as WebSocket;
        onMessage();
      },
      connected: () => {
        wasConnected = true;
        refusals = 0;
        if (isLost) onFound?.();
        isLost = false;
      },
      message: onMessage,
      ping: (isReceived, payload) => {
        const cursors = isReceived ? payload?.["cursors"] : undefined;
        for (const [id, cursor] of Object.entries(cursors ?? {})) move(payloads.get(id), cursor);
      },
      closed: (event) => {
        clearTimeout(silence);
        if (!wasConnected || isLost || !isClose(event) || event.code === 1000) return;
        isLost = true;
        onLost?.(`${event.code}${event.reason && `: ${event.reason}`}`);
      },
    },
  });

  const subscribe = <Data, Extensions>(
    payload: SubscribePayload,
    sink: Sink<FormattedExecutionResult<Data, Extensions>>,
  ) => {
    const own = { ...payload };
    const over = () => {
      for (const [id, known] of payloads) if (known === own) payloads.delete(id);
    };
    const stop = client.subscribe<Data, Extensions>(own, {
      next: (answer) => {
        move(own, (answer.extensions as { cursor?: unknown } | undefined)?.cursor);
        sink.next(answer);
      },
      complete: () => {
        over();
        sink.complete();
      },
      error: (problem) => {
        over();
        sink.error(errorOf(problem, url));
      },
    });
    return () => {
      over();
      stop();
    };
  };
  return {
    ...client,
    subscribe,
    terminate: () => current?.terminate(),
    iterate: <Data, Extensions>(payload: SubscribePayload) =>
      iterable<FormattedExecutionResult<Data, Extensions>>((sink) => subscribe(payload, sink)),
    dispose: async () => {
      ending.abort();
      clearTimeout(silence);
      // A connection attempt in progress rejects when the client is disposed of.
      await Promise.resolve(client.dispose()).catch(() => undefined);
    },
  };
}

/** A WebSocket that gives up when it gets no answer: otherwise, a lost packet would make it wait for minutes. */
class ImpatientWebSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, { handshakeTimeout: 10_000 });
  }
}

const isClose = (problem: unknown): problem is { code: number; reason: string } =>
  typeof problem === "object" && problem !== null && "code" in problem && "reason" in problem;

const messageOf = (problem: unknown): string => (problem as { message?: string } | null)?.message ?? String(problem);

/**
 * Returns whether an upgrade that failed may succeed later: after a failure of the network, or from a gateway without capacity, but not from a gateway that
 * rejects it.
 */
const mayAnswerLater = (problem: unknown): boolean => {
  const [, status] = /^Unexpected server response: (\d+)/.exec(messageOf(problem)) ?? [];
  return status === undefined || Number(status) >= 500;
};

/** Returns an Error in place of arrays and events: without a WebSocket of the platform, Apollo's link accepts nothing else. */
function errorOf(problem: unknown, url: string): Error {
  if (Array.isArray(problem)) return new AnswerErrors(problem as readonly { message: string }[]);
  if (problem instanceof Error) return problem;
  if (isClose(problem)) return new ConnectionError(problem.reason || `Closed with ${problem.code}.`, problem.code);
  return new ConnectionError(`${url} cannot be reached: ${messageOf(problem)}`);
}
