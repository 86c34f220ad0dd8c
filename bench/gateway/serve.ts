import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers bodies with JSON on a port, a free one unless it is given, and reports when it is ready: the least that a server in Node does. */
export async function answerBodies(
  answer: (body: string, path: string) => Promise<string> | string,
  port = 0,
): Promise<void> {
  const server = createServer((request, response) => {
    reply(request, response, answer).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql\n`);
  process.once("SIGTERM", () => process.exit(0));
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (body: string, path: string) => Promise<string> | string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = await answer(Buffer.concat(chunks).toString(), request.url ?? "/");
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
