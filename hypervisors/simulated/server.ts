import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { z } from "zod";
import { readBody, RequestAborted } from "#lib/process/http-body.ts";
import { closableServer } from "#lib/process/closable-server.ts";
import type { SimulatedHypervisor } from "./hypervisor.ts";
import { callShape, maxRequestBytes, placeShape } from "./protocol.ts";
import { settingsShape } from "./settings.ts";

interface Answer {
  status: number;
  body: unknown;
}

/** A route's handler. A result of undefined cuts the connection. */
type Handler = (body: unknown) => Promise<Answer | undefined>;

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

/** Statuses are for people who read a log: clients decide by the code. */
const answerOf = (outcome: { result: unknown } | { refused: { code: string; message: string } }): Answer =>
  "result" in outcome
    ? { status: 200, body: outcome }
    : refusal(
        outcome.refused.code === "HYPERVISOR_UNAVAILABLE" ? 503 : 409,
        outcome.refused.code,
        outcome.refused.message,
      );

/** Parses the body of a request. What does not fit is the caller's mistake, which no retry repairs. */
const withBody =
  <Shape extends z.ZodType>(shape: Shape, handle: (value: z.output<Shape>) => Promise<Answer | undefined>): Handler =>
  async (body) => {
    const { success, data, error } = shape.safeParse(body);
    if (success) return handle(data);
    const [issue] = error.issues;
    return refusal(400, "HYPERVISOR_UNSUPPORTED", `${issue?.path.join(".")}: ${issue?.message}`);
  };

const routesOf = (hypervisor: SimulatedHypervisor): Readonly<Record<string, Handler>> => ({
  "POST /calls": withBody(callShape, async (call) => {
    const response = await hypervisor.call(call);
    return "lost" in response ? undefined : answerOf(response);
  }),
  "POST /stats": withBody(placeShape, async (place) => answerOf(await hypervisor.stats(place))),
  "POST /console": withBody(placeShape, async (place) => answerOf(await hypervisor.consoleAddress(place))),
  "GET /machines": async () => ({ status: 200, body: { result: await hypervisor.list() } }),
  "GET /settings": async () => ({ status: 200, body: { result: hypervisor.settings } }),
  "PUT /settings": withBody(settingsShape, async (settings) => {
    await hypervisor.configure(settings);
    return { status: 200, body: { result: hypervisor.settings } };
  }),
});

export interface ServerOptions {
  hypervisor: SimulatedHypervisor;
  /** The bearer token that all requests but `/health/live` need. */
  token: string;
  /** Receives an error of the store: the process must end, and read the store again. */
  onFailure(error: unknown): void;
}

/** Returns a server that does not listen yet, and the function that closes it. */
export function simulatedHypervisorServer({ hypervisor, token, onFailure }: ServerOptions): {
  server: Server;
  close(graceMs: number): Promise<void>;
} {
  const routes = routesOf(hypervisor);
  const expected = digestOf(`Bearer ${token}`);
  const respond = async (request: IncomingMessage): Promise<Answer | undefined> => {
    if (request.method === "GET" && request.url === "/health/live") return { status: 200, body: { status: "live" } };
    if (!timingSafeEqual(digestOf(request.headers.authorization ?? ""), expected))
      return refusal(401, "UNAUTHENTICATED", "The token of connection.json is missing.");
    const handle = routes[`${request.method} ${request.url}`];
    if (!handle) return refusal(404, "NOT_FOUND", "There is no such route.");
    const text = await readBody(request, maxRequestBytes);
    if (!text) return refusal(413, "HYPERVISOR_UNSUPPORTED", `A request has at most ${maxRequestBytes} bytes.`);
    return handle(parsed(text));
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    respond(request).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        response.destroy();
        if (!(error instanceof RequestAborted)) onFailure(error);
      },
    );
  });
  return { server, close: closableServer(server) };
}

function send(response: ServerResponse, answer: Answer | undefined): void {
  if (!answer) {
    response.destroy();
    return;
  }
  // The rest of a body that was not read would be taken for the next request.
  const ends = answer.status === 401 || answer.status === 404 || answer.status === 413;
  const headers = { "content-type": "application/json", ...(ends ? { connection: "close" } : {}) };
  response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
