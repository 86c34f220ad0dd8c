import { type Client, createClient, type FormattedExecutionResult, type Sink, type SubscribePayload } from "graphql-ws";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { iterable } from "./iterable.ts";

export interface ResumingClientOptions {
  /** The gateway's address for queries: `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** A session token or an API key. Asked for at each connection, so that one that has expired is followed by another. */
  token: () => string | Promise<string>;
  /** The connection is gone, and is looked for. */
  onLost?: (why: string) => void;
  onFound?: () => void;
  /** A connection over which nothing has come for so long only looks like one. The gateway pings every 15 seconds. */
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

/** Why there is no connection, and none is looked for any more. */
export class ConnectionError extends Error {
  /** The code with which the gateway closed the socket; undefined where nothing answers. */
  readonly closeCode: number | undefined;

  constructor(message: string, closeCode?: number) {
    super(message);
    this.closeCode = closeCode;
  }
}

const forbidden = 4403;
/** What networks and proxies close with by themselves. */
const lostOnTheWay = [1005, 1006, 1012, 1014];
/** What docs/subscriptions.md says to come back after. After any other code a client would only be closed again. */
const askedToComeBack = [1001, 1013, 4408, 4410, 4413];
const comesBackAfter = new Set([...lostOnTheWay, ...askedToComeBack]);

const longestWaitMs = 15_000;

/** Random, so that the clients of a gateway that was away do not come back all at once. */
export const waitBefore = (attempt: number): number => Math.random() * Math.min(longestWaitMs, 250 * 2 ** attempt);

/**
 * A client of graphql-ws whose subscriptions go on where they were when the connection was lost, and that gives up when coming back would not
 * help, or when nothing has answered yet. A sink is given AnswerErrors or a ConnectionError.
 */
export function resumingClient(options: ResumingClientOptions): Client {
  const { url, token, onLost, onFound, longestSilenceMs = 40_000 } = options;
  // graphql-ws sends a payload anew with each connection: the cursor in it is moved as events and pings come.
  const payloads = new Map<string, SubscribePayload>();
  const move = (payload: SubscribePayload | undefined, after: unknown) => {
    if (payload && typeof after === "string") Object.assign(payload, { extensions: { ...payload.extensions, after } });
  };
  const ending = new AbortController();
  let sent: string | undefined;
  let refused: string | undefined;
  /** Tokens in a row: the one that has expired, and the one that should have followed it. */
  let refusals = 0;
  let wasConnected = false;
  let isLost = false;
  let silence: NodeJS.Timeout | undefined;
  let current: WebSocket | undefined;

  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => current?.terminate(), longestSilenceMs);
  };

  const comesBack = (problem: unknown): boolean => {
    if (isClose(problem)) {
      if (problem.code !== forbidden) return comesBackAfter.has(problem.code);
      refused = sent;
      refusals += 1;
      return refusals === 1;
    }
    // An Error is of `token`, or of what is no message of the protocol; else it is the network's.
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
    shouldRetry: comesBack,
    retryWait: (attempt) => pause(waitBefore(attempt), undefined, { signal: ending.signal }).catch(() => undefined),
    on: {
      opened: (socket) => {
        current = socket as WebSocket;
        heard();
      },
      connected: () => {
        wasConnected = true;
        refusals = 0;
        if (isLost) onFound?.();
        isLost = false;
      },
      message: heard,
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
      // A connection that is being made when it is disposed of is refused.
      await Promise.resolve(client.dispose()).catch(() => undefined);
    },
  };
}

/** One that gives up when nothing answers: on its own a lost packet would have it wait for minutes. */
class ImpatientWebSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, { handshakeTimeout: 10_000 });
  }
}

const isClose = (problem: unknown): problem is { code: number; reason: string } =>
  typeof problem === "object" && problem !== null && "code" in problem && "reason" in problem;

const messageOf = (problem: unknown): string => (problem as { message?: string } | null)?.message ?? String(problem);

/** Whether an upgrade that failed may go well later: the network, or a gateway without capacity; not a gateway that refuses. */
const mayAnswerLater = (problem: unknown): boolean => {
  const [, status] = /^Unexpected server response: (\d+)/.exec(messageOf(problem)) ?? [];
  return status === undefined || Number(status) >= 500;
};

/** An Error in the place of arrays and events: Apollo's link takes no others where there is no WebSocket of the platform's own. */
function errorOf(problem: unknown, url: string): Error {
  if (Array.isArray(problem)) return new AnswerErrors(problem as readonly { message: string }[]);
  if (problem instanceof Error) return problem;
  if (isClose(problem)) return new ConnectionError(problem.reason || `Closed with ${problem.code}.`, problem.code);
  return new ConnectionError(`${url} cannot be reached: ${messageOf(problem)}`);
}
