import type { Socket } from "node:net";

/** Handles each chunk that a client or the server sends; without a handler, the chunk is passed on. */
export interface NetworkFault {
  toServer?(chunk: Buffer, client: Socket, pass: (chunk: Buffer) => void): void;
  toClient?(chunk: Buffer, client: Socket, pass: (chunk: Buffer) => void): void;
}

export const healthy: NetworkFault = {};

/** Accepts connections and stays silent. */
export const hung: NetworkFault = { toServer: () => undefined, toClient: () => undefined };

/** Resets a connection after it has passed on this many bytes from the server. */
export function resetAfter(bytes: number): NetworkFault {
  const passed = new WeakMap<Socket, number>();
  return {
    toClient: (chunk, client, pass) => {
      const left = bytes - (passed.get(client) ?? 0);
      passed.set(client, bytes - left + chunk.length);
      if (chunk.length < left) return pass(chunk);
      client.write(chunk.subarray(0, Math.max(left, 0)), () => client.resetAndDestroy());
    },
  };
}

export const delayed = (milliseconds: number): NetworkFault => ({
  toClient: (chunk, _client, pass) => void setTimeout(() => pass(chunk), milliseconds),
});

/** Passes responses on at this pace, in slices of a tenth of a second. */
export function throttled(bytesPerSecond: number): NetworkFault {
  const slice = Math.ceil(bytesPerSecond / 10);
  const freeAt = new WeakMap<Socket, number>();
  return {
    toClient: (chunk, client, pass) => {
      let at = Math.max(freeAt.get(client) ?? 0, performance.now());
      for (let offset = 0; offset < chunk.length; offset += slice) {
        const part = chunk.subarray(offset, offset + slice);
        setTimeout(() => pass(part), at - performance.now());
        at += 100;
      }
      freeAt.set(client, at);
    },
  };
}

/** Sends a response itself, in place of the server. */
export const answering = (answer: string): NetworkFault => ({ toServer: (_chunk, client) => void client.end(answer) });

/** Sends a response that never ends. */
export const endless = (head: string): NetworkFault => ({
  toServer: (_chunk, client) => {
    client.write(head);
    const more = () => {
      while (client.writable && client.write("x".repeat(65_536)));
      client.once("drain", more);
    };
    more();
  },
});
