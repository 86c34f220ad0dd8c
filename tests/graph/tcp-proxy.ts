import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface TcpProxy {
  /** The given URL with the proxy's address in it. */
  through(url: string): string;
  /** Stops passing on what the server answers; resolves when a client has sent something more. */
  hold(): Promise<void>;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Accepts connections again, on the same port. */
  mend(): Promise<void>;
}

/** A dependency's network, to break: everything that goes to `target` goes through it. */
export async function tcpProxy(target: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let held: (() => void) | undefined;
  const listening: { server?: Server; port: number } = { port: 0 };

  const mend = async () => {
    held = undefined;
    const server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on("data", (chunk) => {
        upstream.write(chunk);
        held?.();
      });
      upstream.on("data", (chunk) => {
        if (!held) client.write(chunk);
      });
    });
    server.listen(listening.port, "127.0.0.1");
    await once(server, "listening");
    listening.server = server;
    listening.port = (server.address() as AddressInfo).port;
  };
  await mend();
  return {
    through: (url) => {
      const proxied = new URL(url);
      proxied.hostname = "127.0.0.1";
      proxied.port = String(listening.port);
      return proxied.href;
    },
    hold: () =>
      new Promise((resolve) => {
        held = resolve;
      }),
    cut: async () => {
      const closed = new Promise((resolve) => listening.server?.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend,
  };
}
