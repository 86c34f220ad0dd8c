import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

type Parsed = ReturnType<typeof ipaddr.process>;

/** An address, or a network in CIDR notation: its first address and the number of its significant bits. */
export type AddressRange = readonly [Parsed, number];

/** Parses strictly: some parsers accept `127.1` and `0x7f000001` as addresses; this one does not. An IPv6 zone is left out. */
function parsed(text: string): Parsed | undefined {
  const [address = "", zone, ...more] = text.split("%");
  if (zone === "" || more.length > 0 || isIP(address) === 0) return undefined;
  return ipaddr.process(address);
}

/** Returns the canonical text of an address, as IPv4 for an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`); undefined for an invalid address. */
export const canonicalAddress = (text: string): string | undefined => textOf(parsed(text));

const textOf = (address: Parsed | undefined): string | undefined =>
  address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address?.toString();

/**
 * Returns the network that one client has to itself: an IPv4 address, or the /64 of an IPv6 address, in which a single host may choose any of 2⁶⁴
 * addresses. Undefined for an invalid address.
 */
export function clientNetwork(text: string): string | undefined {
  const address = parsed(text);
  if (!(address instanceof ipaddr.IPv6)) return textOf(address);
  return `${new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`;
}

/** Parses `192.0.2.1`, `10.0.0.0/8` or `2001:db8::/32`; undefined for any other text, and for the range of all addresses. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  const kind = isIP(address);
  if (kind === 0 || more.length > 0) return undefined;
  const bits = kind === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : 0;
  if (length < 1 || length > bits) return undefined;
  const first = ipaddr.process(address);
  const isWrapped = kind === 6 && first instanceof ipaddr.IPv4;
  if (!isWrapped) return [first, length];
  return length > 96 ? [first, length - 96] : undefined;
}

/** Returns whether an address is in one of the ranges. */
export function isInRanges(ranges: readonly AddressRange[], text: string): boolean {
  const address = parsed(text);
  return (
    address !== undefined &&
    ranges.some(([first, bits]) => address.kind() === first.kind() && address.match(first, bits))
  );
}
