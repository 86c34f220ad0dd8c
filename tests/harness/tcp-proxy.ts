import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { healthy, type NetworkFault } from "./network-faults.ts";

export interface TcpProxy {
  /** The target's URL with the proxy's address. */
  readonly url: string;
  /** The fault of all traffic from now on, also on existing connections. */
  fault: NetworkFault;
  /** The connections of clients: those that are open, and all that were ever accepted. */
  open(): number;
  accepted(): number;
  /** Stops passing on the server's responses; resolves when a client has sent more. */
  hold(): Promise<void>;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Accepts connections again, on the same port, and passes everything on. */
  mend(): Promise<void>;
}

/** Starts a proxy that breaks a dependency's network: all traffic to `target` goes through it. */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const clients = new Set<Socket>();
  const listening: { server?: Server; port: number } = { port: 0 };
  let accepted = 0;

  const serve = (client: Socket) => {
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
    client.on("data", (chunk) => (proxy.fault.toServer ?? passOn)(chunk, client, toServer));
    upstream.on("data", (chunk) => (proxy.fault.toClient ?? passOn)(chunk, client, toClient));
  };
  const listen = async () => {
    const server = createServer(serve).listen(listening.port, "127.0.0.1");
    await once(server, "listening");
    listening.server = server;
    listening.port = (server.address() as AddressInfo).port;
  };
  await listen();

  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(listening.port);
  const proxy: TcpProxy = {
    url: url.href,
    fault: healthy,
    open: () => clients.size,
    accepted: () => accepted,
    hold: () =>
      new Promise((resolve) => {
        proxy.fault = {
          toServer: (chunk, _client, pass) => {
            pass(chunk);
            resolve();
          },
          toClient: () => undefined,
        };
      }),
    cut: async () => {
      const closed = new Promise((resolve) => listening.server?.close(resolve));
      for (const client of clients) client.destroy();
      await closed;
    },
    mend: async () => {
      proxy.fault = healthy;
      await listen();
    },
  };
  return proxy;
}

const passOn = (chunk: Buffer, _client: Socket, pass: (chunk: Buffer) => void): void => pass(chunk);
