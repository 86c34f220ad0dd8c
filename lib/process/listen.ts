import { createServer, type Server } from "node:net";

export interface Address {
  host: string;
  /** 0 selects a free port. */
  port: number;
  /** The setting that chooses the port, such as `--port`. */
  setting: string;
}

/**
 * Resolves when the server listens.
 * @throws Error PORT_TAKEN, PORT_FORBIDDEN or HOST_INVALID, with the remedy
 */
export async function listen(server: Pick<Server, "once" | "listen">, address: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: unknown) => reject(listenFailure(error, address)));
    server.listen(address.port, address.host, resolve);
  });
}

/**
 * Checks that a port is free, before a start does its slow work. Another program may still take the port in the meantime.
 * @throws as `listen`
 */
export async function requireFreePort(address: Address): Promise<void> {
  const server = createServer();
  await listen(server, address);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function listenFailure(error: unknown, { host, port, setting }: Address): Error {
  const { code = "" } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, readonly [code: string, message: string]>> = {
    EADDRINUSE: ["PORT_TAKEN", `port ${port} of ${host} is in use; choose another with ${setting}`],
    EACCES: ["PORT_FORBIDDEN", `this user may not listen on port ${port}; choose one above 1023 with ${setting}`],
    EADDRNOTAVAIL: ["HOST_INVALID", `this machine has no address ${host}`],
    ENOTFOUND: ["HOST_INVALID", `${host} is not an address of this machine`],
    EAI_AGAIN: ["HOST_INVALID", `${host} is not an address of this machine`],
  };
  const reason = known[code];
  return reason ? Object.assign(new Error(reason[1], { cause: error }), { code: reason[0] }) : (error as Error);
}
