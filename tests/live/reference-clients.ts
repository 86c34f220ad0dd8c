import { ApolloClient, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client as UrqlClient, createRequest, fetchExchange, subscriptionExchange } from "@urql/core";
import { parse } from "graphql";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import { EventSource } from "undici";
import { WebSocket } from "ws";

/** One operation, as it is passed to a client. */
export interface ClientRequest {
  query?: string | undefined;
  variables?: Record<string, unknown> | undefined;
  extensions?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
  documentId?: string | undefined;
}

/** GraphQL errors as clients report them, or the code with which a socket was closed. */
interface Problem {
  extensions?: { code?: unknown } | undefined;
}
export type Reported = (problems: readonly Problem[] | number) => void;

interface Target {
  url: string;
  token: string;
}

/** Subscribes, and reports the first problem. @returns a function that ends the client */
export type ReferenceClient = (target: Target, request: ClientRequest, reported: Reported) => () => void;

const overSocket = ({ url, token }: Target) =>
  createWsClient({
    url: url.replace("http:", "ws:"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
const overEvents = ({ url, token }: Target) =>
  createSseClient({ url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 });
/** Returns the problems of an error: graphql-ws has an array of errors, or an event of the socket; graphql-sse has an Error, which no test expects. */
const problemsOf = (error: unknown): readonly Problem[] | number => {
  if (Array.isArray(error)) return error as Problem[];
  if (error instanceof Error || !(error as { code?: number }).code) throw error;
  return (error as { code: number }).code;
};

const graphqlWs: ReferenceClient = (target, request, reported) => {
  const client = overSocket(target);
  client.subscribe(request as { query: string }, {
    next: ({ errors }) => errors && reported(errors),
    error: (error) => reported(problemsOf(error)),
    complete: () => undefined,
  });
  return () => void client.dispose();
};

const graphqlSse: ReferenceClient = (target, request, reported) => {
  const client = overEvents(target);
  client.subscribe(request as { query: string }, {
    next: ({ errors }) => errors && reported(errors),
    error: (error) => reported(problemsOf(error)),
    complete: () => undefined,
  });
  return () => client.dispose();
};

const apollo: ReferenceClient = (target, { query = "", variables, extensions }, reported) => {
  const client = overSocket(target);
  const apolloClient = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(client) });
  const options = { query: parse(query), errorPolicy: "all", ...(variables ? { variables } : {}) } as const;
  const subscription = apolloClient.subscribe({ ...options, ...(extensions ? { extensions } : {}) }).subscribe({
    next: ({ error }) => {
      if (CombinedGraphQLErrors.is(error)) reported(error.errors);
      else if (error) throw error;
    },
    error: (error: unknown) => reported(problemsOf(error)),
  });
  return () => {
    subscription.unsubscribe();
    apolloClient.stop();
    void client.dispose();
  };
};

interface Sink {
  next(value: never): void;
  error(error: unknown): void;
  complete(): void;
}
const urqlWith =
  (
    exchangeFor: (target: Target) => {
      exchange: ReturnType<typeof subscriptionExchange>;
      dispose: () => unknown;
    },
  ): ReferenceClient =>
  (target, { query = "", variables = {}, extensions }, reported) => {
    const { exchange, dispose } = exchangeFor(target);
    const client = new UrqlClient({
      url: target.url,
      preferGetMethod: false,
      exchanges: [exchange],
      fetchSubscriptions: true,
      fetchOptions: { headers: { authorization: `Bearer ${target.token}` } },
    });
    const request = createRequest(query, variables, extensions);
    const subscription = client.executeSubscription(request).subscribe(({ error }) => {
      if (error?.networkError) throw error.networkError;
      if (error) reported(error.graphQLErrors);
    });
    return () => {
      subscription.unsubscribe();
      dispose();
    };
  };
const urqlOver = (
  connect: (target: Target) => { subscribe(request: never, sink: never): () => void; dispose(): unknown },
) =>
  urqlWith((target) => {
    const client = connect(target);
    const exchange = subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink: Sink) => ({ unsubscribe: client.subscribe(request as never, sink as never) }),
      }),
    });
    return { exchange, dispose: () => client.dispose() };
  });

/** The browser's own client, which cannot send headers; its credential is a ticket. */
const eventSource: ReferenceClient = ({ url, token }, request, reported) => {
  const address = new URL(url);
  address.searchParams.set("ticket", token);
  for (const [name, value] of Object.entries(request))
    if (value !== undefined) address.searchParams.set(name, typeof value === "string" ? value : JSON.stringify(value));
  const source = new EventSource(address);
  source.addEventListener("next", (event) => {
    const { errors } = JSON.parse(String((event as MessageEvent).data)) as { errors?: Problem[] };
    if (errors) reported(errors);
  });
  source.addEventListener("complete", () => source.close());
  return () => source.close();
};

/** The clients by name: those that are published with the protocols, and those that most pages use. */
export const referenceClients = {
  "graphql-ws": graphqlWs,
  "graphql-sse": graphqlSse,
  "Apollo Client over graphql-ws": apollo,
  "urql over graphql-ws": urqlOver(overSocket),
  "urql over graphql-sse": urqlOver(overEvents),
  "urql's own event streams": urqlWith(() => ({ exchange: fetchExchange, dispose: () => undefined })),
  EventSource: eventSource,
} satisfies Record<string, ReferenceClient>;

export type ClientName = keyof typeof referenceClients;
export const clientNames = Object.keys(referenceClients) as ClientName[];
/** Clients that send a document as it is. The others parse it, and refuse an invalid one themselves. */
export const rawClients: readonly ClientName[] = ["graphql-ws", "graphql-sse", "EventSource"];
/** Clients that need no document, only its hash. */
export const hashClients: readonly ClientName[] = ["graphql-sse", "EventSource"];
