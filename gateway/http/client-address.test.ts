import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { type AddressRange, clientNetwork, parseAddressRange } from "#lib/trust/ip-address.ts";
import { ClientAddress } from "./client-address.ts";

const trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"].map((range) => parseAddressRange(range) as AddressRange);
const request = (peer: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress: peer }, headers }) as unknown as IncomingMessage;
const addressOf = (peer: string, forwardedFor?: string): string | undefined =>
  new ClientAddress(trusted).of(request(peer, forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }));

describe("case G39: the address of a client", () => {
  it.each([
    ["is the peer's without a proxy", "198.51.100.7", undefined, "198.51.100.7"],
    ["is the peer's where the peer is not a trusted proxy", "198.51.100.7", "203.0.113.1", "198.51.100.7"],
    ["is the one that a trusted proxy forwards", "10.1.2.3", "203.0.113.1", "203.0.113.1"],
    ["is not the one that the client wrote before the proxy did", "10.1.2.3", "192.0.2.66, 203.0.113.1", "203.0.113.1"],
    [
      "is the one that the first of several trusted proxies forwards",
      "127.0.0.1",
      "203.0.113.1, 10.0.0.9",
      "203.0.113.1",
    ],
    ["is not taken from a proxy that is not trusted", "127.0.0.1", "203.0.113.1, 198.51.100.7", "198.51.100.7"],
    ["is the farthest hop where all are trusted", "127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
    ["is the IPv4 address inside an IPv4-mapped IPv6 address", "::ffff:10.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"],
    [
      "is the same text for every spelling of an IPv6 address",
      "2001:db8:1:0:0::5",
      "2001:DB8:0:0::0001",
      "2001:db8::1",
    ],
    ["has no port", "10.0.0.1", "203.0.113.1:4711", "203.0.113.1"],
    ["has no port after an IPv6 address", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["has no zone", "fe80::1%eth0", undefined, "fe80::1"],
    ["is the proxy's own where it forwards nothing", "10.0.0.1", "", "10.0.0.1"],
    ["is the last trusted one before an invalid address", "10.0.0.1", "203.0.113.1, unknown", "10.0.0.1"],
    ["is the last trusted one before an empty hop", "127.0.0.1", "203.0.113.1,, 10.0.0.9", "10.0.0.9"],
    ["is not read from number formats that only some parsers accept", "10.0.0.1", "0x7f.1", "10.0.0.1"],
    ["is not read with octal digits", "10.0.0.1", "010.0.0.1", "10.0.0.1"],
    ["is not read with trailing text", "10.0.0.1", "203.0.113.1\u0000'; drop", "10.0.0.1"],
  ])("%s", (_title, peer, forwardedFor, expected) => {
    expect(addressOf(peer, forwardedFor)).toBe(expected);
  });

  it("is not read from other headers, which a proxy may pass on as the client wrote them", () => {
    const headers = { forwarded: "for=203.0.113.1", "x-real-ip": "203.0.113.1", "true-client-ip": "203.0.113.1" };
    expect(new ClientAddress(trusted).of(request("10.0.0.1", headers))).toBe("10.0.0.1");
  });

  it("counts as the whole network that belongs to one client", () => {
    expect(clientNetwork("203.0.113.1")).toBe("203.0.113.1");
    expect(clientNetwork("::ffff:203.0.113.1")).toBe("203.0.113.1");
    expect(clientNetwork("2001:db8:0:1:aaaa::1")).toBe("2001:db8:0:1::/64");
    expect(clientNetwork("2001:db8:0:1:bbbb::2")).toBe("2001:db8:0:1::/64");
    expect(clientNetwork("2001:db8:0:2::1")).not.toBe("2001:db8:0:1::/64");
    expect(clientNetwork("not an address")).toBeUndefined();
  });
});
