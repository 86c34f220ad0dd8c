import type { IncomingMessage } from "node:http";

/** The client closed its connection, or was too slow, before its request was executed: nothing waits for a response. */
export class RequestAborted extends Error {
  constructor(cause: unknown) {
    super("The client ended its request.", { cause });
    this.name = "RequestAborted";
  }
}

/**
 * Reads the request's body.
 * @returns undefined when it is larger than `limit` bytes: reading stops there
 * @throws RequestAborted
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) return undefined;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new RequestAborted(error);
  }
  return Buffer.concat(chunks);
}
