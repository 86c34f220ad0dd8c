import type { IncomingMessage } from "node:http";
import { type AddressRange, canonicalAddress, isInRanges } from "#lib/ip-address.ts";

/**
 * Finds the address that a request comes from. It is the peer's of the connection, unless the peer is a trusted proxy: then each hop of
 * `X-Forwarded-For` is what the hop to its right has seen, so the list is read from the right for as long as trusted proxies wrote it. The first
 * address that is no trusted proxy's is the client's; what stands to the left of it is the client's own text. What is no address ends the reading:
 * the last hop that was vouched for counts. `Forwarded` and `X-Real-IP` are not read (docs/behind-a-proxy.md).
 */
export class ClientAddress {
  readonly #trusted: readonly AddressRange[];

  constructor(trusted: readonly AddressRange[]) {
    this.#trusted = trusted;
  }

  /** Returns the canonical text of the address; undefined when the peer has gone. */
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

// Node joins headers of the same name, in their order.
const hopsOf = (header: string | string[] | undefined): string[] => String(header ?? "").split(",");

/** Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOfHop(hop: string): string | undefined {
  const text = hop.trim();
  const [, address = text] =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text) ?? [];
  return canonicalAddress(address);
}
