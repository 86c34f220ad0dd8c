import type { IncomingMessage } from "node:http";
import { type AddressRange, canonicalAddress, isInRanges } from "#lib/trust/ip-address.ts";

/**
 * Finds the address that a request comes from. It is the peer's address, unless the peer is a trusted proxy. Each hop of `X-Forwarded-For` is the address
 * that the hop to its right received the request from. The list is therefore read from the right, for as long as trusted proxies wrote it. The first
 * address that is not a trusted proxy's is the client's; everything to its left is the client's own text. An invalid address ends the reading: the last hop
 * that a trusted proxy wrote counts. `Forwarded` and `X-Real-IP` are not read (docs/behind-a-proxy.md).
 */
export class ClientAddress {
  readonly #trusted: readonly AddressRange[];

  constructor(trusted: readonly AddressRange[]) {
    this.#trusted = trusted;
  }

  /** Returns the canonical text of the address; undefined when the peer has disconnected. */
  of({ socket, headers }: IncomingMessage): string | undefined {
    let client = canonicalAddress(socket.remoteAddress ?? "");
    const hops = hopsOf(headers["x-forwarded-for"]);
    while (client !== undefined && hops.length > 0 && isInRanges(this.#trusted, client)) {
      const before = addressOfHop(hops.pop() ?? "");
      if (before === undefined) return client;
      client = before;
    }
    return client;
  }
}

// Node joins headers of the same name in their order.
const hopsOf = (header: string | string[] | undefined): string[] => String(header ?? "").split(",");

/** Some proxies also write the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOfHop(hop: string): string | undefined {
  const text = hop.trim();
  const [, address = text] =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text) ?? [];
  return canonicalAddress(address);
}
