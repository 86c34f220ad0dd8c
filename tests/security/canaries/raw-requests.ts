import type { RequestOptions } from "./client.ts";

const json = { "content-type": "application/json" };
const query = "{ me { id } }";

/** Returns requests that hold a secret in each part of an HTTP request where it does not belong, or in an invalid document. */
export function rawRequests(secret: string): ({ what: string } & RequestOptions)[] {
  const basic = Buffer.from(`admin:${secret}`).toString("base64");
  const document = (text: string) => JSON.stringify({ query: text });
  const headers = (given: Record<string, string | string[]>) => ({
    headers: { ...json, ...given },
    body: document(query),
  });
  const bodies: Record<string, string> = {
    "a document that ends in the middle": document(`mutation { signIn(input: { login: "x", password: "${secret}"`),
    "a document with an extra string": document(`${query} "${secret}"`),
    "a document that is a secret": document(secret),
    "a document with a block string": document(`{ me { id } """${secret}""" }`),
    "a directive's argument": document(`{ me @include(if: "${secret}") { id } }`),
    "a variable's default": document(`query ($first: Int = "${secret}") { vms(first: $first) { totalCount } }`),
    "variables that are a string": JSON.stringify({ query, variables: secret }),
    "variables that are a list": JSON.stringify({ query, variables: [secret] }),
    "a document that is an object": JSON.stringify({ query: { text: secret } }),
    "extensions that are a string": JSON.stringify({ query, extensions: secret }),
    "a stored document": JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: secret } } }),
    "a batch": JSON.stringify([
      { query: `mutation { signIn(input: { login: "x", password: "${secret}" }) { token } }` },
    ]),
    "a body that ends in the middle": `{"query": "${secret}`,
    "a body that is a string": JSON.stringify(secret),
    "a body that is too large": JSON.stringify({ query, variables: { secret: secret.repeat(20_000) } }),
  };
  return [
    ...Object.entries(bodies).map(([what, body]) => ({ what, body, headers: json })),
    ...["Bearer ", "Bearer nvs_", "Bearer nvk_dev_", "Basic ", "Token ", ""].map((scheme) => ({
      what: `the header ${scheme}`,
      ...headers({ authorization: `${scheme}${scheme.includes("nv") ? secret.slice(-43) : secret}` }),
    })),
    { what: "an unknown session", ...headers({ authorization: `Bearer nvs_${secret.padEnd(43, "x").slice(0, 43)}` }) },
    { what: "a name and a password", ...headers({ authorization: `Basic ${basic}` }) },
    { what: "a cookie", ...headers({ cookie: `session=${secret}`, "x-api-key": secret, "x-request-id": secret }) },
    {
      what: "a content type",
      headers: { "content-type": `application/json; charset=${secret}` },
      body: document(query),
    },
    { what: "another content type", headers: { "content-type": `text/${secret}` }, body: secret },
    { what: "a form", headers: { "content-type": "application/x-www-form-urlencoded" }, body: `password=${secret}` },
    { what: "an Accept header", ...headers({ accept: `application/${secret}` }) },
    { what: "a trace header", ...headers({ "apollo-federation-include-trace": secret, "x-nova-actor": secret }) },
    { what: "a path", method: "GET", path: `/graphql/${secret}`, headers: {} },
    {
      what: "a query string",
      method: "GET",
      path: `/graphql?query=${encodeURIComponent(query)}&token=${secret}`,
      headers: {},
    },
    ...[secret, `nvt_${"0".repeat(32)}_${secret.padEnd(43, "x").slice(0, 43)}`].map((ticket) => ({
      what: "an invalid ticket",
      method: "GET" as const,
      path: `/graphql?query=${encodeURIComponent("subscription { vmStateChanged { toState } }")}&ticket=${ticket}`,
      headers: { accept: "text/event-stream" },
    })),
    {
      what: "variables in a query string",
      method: "GET",
      path: `/graphql?query=${encodeURIComponent(query)}&variables=${secret}`,
      headers: { ...json, "apollo-require-preflight": "1" },
    },
  ];
}
