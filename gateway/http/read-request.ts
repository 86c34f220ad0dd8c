import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { type ExactNumbers, numbersIn, parseJson } from "#lib/exact-json.ts";
import { PublicError } from "#lib/errors.ts";
import { readBody } from "#lib/process/http-body.ts";
import type { GraphQLRequest } from "../requests/graphql-request.ts";

export const maxBodyBytes = 256 * 1024;

const record = z.record(z.string(), z.unknown());
const requestShape = z.object({
  query: z.string().nullish(),
  operationName: z.string().nullish(),
  variables: record.nullish(),
  extensions: record.nullish(),
  documentId: z.string().nullish(),
});

/**
 * Reads the GraphQL request in an HTTP request, as "GraphQL over HTTP" specifies it.
 * @param documentId of the document that the path names, if it does
 * @throws PublicError METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readRequest(request: IncomingMessage, url: URL, documentId?: string): Promise<GraphQLRequest> {
  const message = await readMessage(request, url);
  return documentId === undefined ? message : { ...message, documentId };
}

async function readMessage(request: IncomingMessage, url: URL): Promise<GraphQLRequest> {
  if (request.method === "GET") return { ...fromParameters(url.searchParams), queriesOnly: true };
  if (request.method !== "POST") throw new PublicError("METHOD_NOT_ALLOWED", "Send the request by GET or by POST.");
  if (!isJson(request.headers["content-type"]))
    throw new PublicError("UNSUPPORTED_MEDIA_TYPE", "The body of a request must be application/json in UTF-8.");
  if ((request.headers["content-encoding"] ?? "identity") !== "identity")
    throw new PublicError("UNSUPPORTED_MEDIA_TYPE", "The body of a request must not be compressed.");
  const bytes = await readBody(request, maxBodyBytes);
  if (bytes === undefined) throw new PublicError("PAYLOAD_TOO_LARGE", `A body holds at most ${maxBodyBytes} bytes.`);
  // If it were decoded anyway, the text would differ from what the client wrote: a name, or a password.
  if (!isUtf8(bytes)) throw new PublicError("BAD_REQUEST", "The body is not UTF-8.");
  return shaped(
    parsed(bytes.toString("utf8"), "The body", (body) => numbersIn((body as GraphQLRequest | null)?.variables)),
  );
}

/** A page of another site could send any other type without a preflight request. */
function isJson(contentType = ""): boolean {
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (type.trim() !== "application/json") return false;
  return parameters.every((parameter) => {
    const [name, value] = parameter.trim().split("=");
    return name !== "charset" || value?.replaceAll('"', "") === "utf-8";
  });
}

function fromParameters(parameters: URLSearchParams): GraphQLRequest {
  const json = (name: string) => {
    const text = parameters.get(name);
    return text === null || text === "" ? undefined : parsed(text, `The parameter ${name}`);
  };
  return shaped({
    query: parameters.get("query") ?? undefined,
    operationName: parameters.get("operationName") || undefined,
    documentId: parameters.get("documentId") ?? undefined,
    variables: json("variables"),
    extensions: json("extensions"),
  });
}

function parsed(text: string, what: string, numbersOf?: (value: unknown) => ExactNumbers): unknown {
  try {
    return parseJson(text, numbersOf);
  } catch {
    throw new PublicError("BAD_REQUEST", `${what} is not JSON.`);
  }
}

function shaped(value: unknown): GraphQLRequest {
  if (Array.isArray(value))
    throw new PublicError("BAD_REQUEST", "Send one request at a time: batches are not supported.");
  const { data, error } = requestShape.safeParse(value);
  if (!data) {
    const at = error.issues[0]?.path.join(".");
    throw new PublicError(
      "BAD_REQUEST",
      at ? `The member ${at} has the wrong type.` : "A request must be a JSON object.",
    );
  }
  return {
    query: data.query ?? undefined,
    operationName: data.operationName ?? undefined,
    variables: data.variables ?? undefined,
    extensions: data.extensions ?? undefined,
    documentId: data.documentId ?? undefined,
  };
}
