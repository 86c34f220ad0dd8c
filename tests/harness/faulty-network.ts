import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What becomes of what a client sends and of what the server answers, chunk by chunk; without it, it is passed on. */
export interface NetworkFault {
  toServer?(chunk: Buffer, client: Socket, pass: (chunk: Buffer) => void): void;
  toClient?(chunk: Buffer, client: Socket, pass: (chunk: Buffer) => void): void;
}

export const healthy: NetworkFault = {};

/** Accepts and goes silent. */
export const hung: NetworkFault = { toServer: () => undefined, toClient: () => undefined };

/** Breaks a connection when it has passed on so many bytes of answers. */
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

/** Passes answers on at this pace, in slices of a tenth of a second. */
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

/** Answers itself, in the server's place. */
export const answering = (answer: string): NetworkFault => ({ toServer: (_chunk, client) => void client.end(answer) });

/** Answers and never comes to an end. */
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

export interface FaultyNetwork {
  /** The target's URL with the network's address in it. */
  url: string;
  /** From now on, also for connections that there are. */
  fault: NetworkFault;
  /** Connections of clients: those that are open, and all that there ever were. */
  open(): number;
  accepted(): number;
  close(): Promise<void>;
}

/** The network before a server, to break. */
export async function faultyNetwork(target: string): Promise<FaultyNetwork> {
  const { hostname, port } = new URL(target);
  const clients = new Set<Socket>();
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    clients.add(client);
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        clients.delete(client);
        client.destroy();
        upstream.destroy();
      });
    }
    const toServer = (chunk: Buffer) => void upstream.write(chunk);
    const toClient = (chunk: Buffer) => void (client.destroyed || client.write(chunk));
    client.on("data", (chunk) => (network.fault.toServer ?? ((all) => toServer(all)))(chunk, client, toServer));
    upstream.on("data", (chunk) => (network.fault.toClient ?? ((all) => toClient(all)))(chunk, client, toClient));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  const network: FaultyNetwork = {
    url: url.href,
    fault: healthy,
    open: () => clients.size,
    accepted: () => accepted,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
  return network;
}
