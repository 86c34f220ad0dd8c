import type { ServerResponse } from "node:http";
import { failSpan, annotateSpan } from "#lib/observability/tracing.ts";
import type { GraphQLAnswer } from "../requests/graphql-request.ts";
import { refuseStream } from "./event-stream.ts";
import { eventStream, type MediaType, plainJson } from "./media-type.ts";
import { send } from "./send.ts";
import { statusOf } from "./status.ts";

/** Sends the reason why a request is not executed: by its status and body, or, to a client of event streams, in an accepted stream. */
export function refuse(response: ServerResponse, answer: GraphQLAnswer, type: MediaType | typeof eventStream): void {
  const isStream = type === eventStream;
  const status = statusOf(answer, isStream ? plainJson : type);
  annotateSpan(() => ({ attributes: { "http.response.status_code": isStream ? 200 : status } }));
  if (status >= 500) failSpan(String(answer.refused));
  setHeaders(response, answer);
  if (isStream) refuseStream(response, answer);
  else send(response, status, type, answer.body);
}

function setHeaders(response: ServerResponse, { refused, retryAfter = 1 }: GraphQLAnswer): void {
  if (response.headersSent) return;
  if (refused === "UNAUTHENTICATED") response.setHeader("www-authenticate", "Bearer");
  if (refused === "METHOD_NOT_ALLOWED") response.setHeader("allow", "GET, POST");
  if (refused === "AUTH_UNAVAILABLE" || refused === "OVERLOADED" || refused === "RATE_LIMITED")
    response.setHeader("retry-after", retryAfter);
  // The rest of a refused body is never read, so the connection cannot carry another request.
  if (refused === "PAYLOAD_TOO_LARGE" || refused === "UNSUPPORTED_MEDIA_TYPE")
    response.setHeader("connection", "close");
}
