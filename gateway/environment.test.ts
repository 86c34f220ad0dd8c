import { expect, it } from "vitest";
import { parseAddressRange } from "#lib/trust/ip-address.ts";
import { readGatewayEnvironment } from "./environment.ts";

it("a gateway reads sites, documents and document modes from its environment", () => {
  expect(readGatewayEnvironment({})).toEqual({
    allowedOrigins: [],
    trustedProxies: [],
    metricsPort: undefined,
    documentsFile: undefined,
    documentModes: { session: "open", api_key: "open", anonymous: "open" },
  });
  expect(
    readGatewayEnvironment({
      ALLOWED_ORIGINS: "https://console.example, http://127.0.0.1:3000",
      TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8,2001:db8::/32",
      METRICS_PORT: "9464",
      NOVACRON_DOCUMENTS: "documents.json",
      NOVACRON_DOCUMENT_MODES: "session=audit, api_key=ids",
    }),
  ).toEqual({
    allowedOrigins: ["https://console.example", "http://127.0.0.1:3000"],
    trustedProxies: ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"].map((range) => parseAddressRange(range)),
    metricsPort: 9_464,
    documentsFile: "documents.json",
    documentModes: { session: "audit", api_key: "ids", anonymous: "open" },
  });
  expect(readGatewayEnvironment({ NOVACRON_DOCUMENT_MODES: "safelist" }).documentModes).toEqual({
    session: "safelist",
    api_key: "safelist",
    anonymous: "safelist",
  });
});

it.each([
  ["ALLOWED_ORIGINS", "*"],
  ["ALLOWED_ORIGINS", "https://console.example/path"],
  ["TRUSTED_PROXIES", "*"],
  ["TRUSTED_PROXIES", "10.0.0.0/8, loopback"],
  // These contain all addresses: any client could claim any address.
  ["TRUSTED_PROXIES", "0.0.0.0/0"],
  ["TRUSTED_PROXIES", "::/0"],
  ["TRUSTED_PROXIES", "10.0.0.0/33"],
  ["TRUSTED_PROXIES", "10.1"],
  ["NOVACRON_DOCUMENT_MODES", "closed"],
  ["NOVACRON_DOCUMENT_MODES", "session=open,session=ids"],
  ["NOVACRON_DOCUMENT_MODES", "robot=open"],
])("a gateway does not start with %s=%s", (name, value) => {
  expect(() => readGatewayEnvironment({ [name]: value })).toThrow(name);
});
