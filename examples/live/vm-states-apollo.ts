import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import type { Client } from "graphql-ws";
import { tap } from "rxjs";
import { type Source, follow, type FollowOptions } from "./follow.ts";
import { iterable } from "./iterable.ts";
import { runExample } from "./run-example.ts";
import { tally } from "./vm-states.ts";

interface Vm {
  id: string;
  name: string;
  state: string;
}
interface Now {
  vms: { nodes: Vm[] };
}
interface Change {
  vmStateChanged: { fromState: string | null; toState: string; vm: Vm | null };
}

export const now = gql`
  query Vms {
    vms(first: 100) {
      nodes {
        id
        name
        state
      }
    }
  }
`;
const changes = gql`
  subscription VmStates {
    vmStateChanged {
      fromState
      toState
      vm {
        id
        name
        state
      }
    }
  }
`;

/** Returns an Apollo Client over a resuming client, which handles lost connections. */
export const apolloOver = (client: Client): ApolloClient =>
  new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([cursors, new GraphQLWsLink(client)]) });

/** Requests a cursor with each query that can keep it, because results of queries do not hold extensions. */
const cursors = new ApolloLink((operation, forward) => {
  const { keep } = operation.getContext() as { keep?: (extensions: unknown) => void };
  if (!keep) return forward(operation);
  operation.extensions = { ...operation.extensions, cursor: true };
  return forward(operation).pipe(tap(({ extensions }) => keep(extensions)));
});

/** Returns the query and the subscription, each through the cache, to be followed. */
function overApollo(apollo: ApolloClient): Source<Now, Change> {
  return {
    query: async () => {
      let extensions: Record<string, unknown> | undefined;
      const keep = (given: Record<string, unknown> | undefined) => (extensions = given);
      const { data, error } = await apollo.query<Now>({
        query: now,
        fetchPolicy: "network-only",
        errorPolicy: "all",
        context: { keep },
      });
      return { data: data ?? null, errors: errorsIn(error), extensions };
    },
    changes: async function* (after, signal) {
      const results = iterable<ApolloClient.SubscribeResult<Change>>((listener) => {
        const subscription = apollo
          .subscribe<Change>({ query: changes, errorPolicy: "all", extensions: { after } })
          .subscribe(listener);
        return () => subscription.unsubscribe();
      }, signal);
      for await (const { data, error, extensions } of results)
        yield { data: data ?? null, errors: errorsIn(error), extensions };
    },
  };
}

/** Returns the errors of a partial response. @throws the error of a request that has no response */
function errorsIn(error: unknown): CombinedGraphQLErrors["errors"] | undefined {
  if (error === undefined || CombinedGraphQLErrors.is(error)) return error?.errors;
  throw error;
}

/** Keeps the cache at the current state of the VMs, and prints each change with the cache's content after it, until the signal. */
export async function showVmStates(
  apollo: ApolloClient,
  print: (line: string) => void,
  options: FollowOptions,
): Promise<void> {
  for await (const update of follow(overApollo(apollo), options)) {
    if ("change" in update) {
      const { fromState, toState, vm } = update.change.vmStateChanged;
      // The cache has the VM itself already: it stores the objects of a subscription as it stores those of a query. It does not update lists.
      if (vm && fromState === null) list(apollo, (vms) => [vm, ...vms.filter(({ id }) => id !== vm.id)]);
      if (vm && toState === "DELETED") list(apollo, (vms) => vms.filter(({ id }) => id !== vm.id));
      print(`${vm?.name ?? "a VM"}: ${fromState ?? "nothing"} → ${toState}`);
    }
    print(`cache: ${tally(apollo.readQuery<Now>({ query: now })?.vms.nodes ?? [])}`);
  }
}

const list = (apollo: ApolloClient, change: (vms: Vm[]) => Vm[]) =>
  apollo.cache.updateQuery<Now>(
    { query: now },
    (data) => data && { vms: { ...data.vms, nodes: change(data.vms.nodes) } },
  );

if (process.argv[1] === import.meta.filename)
  await runExample((client, print, options) => showVmStates(apolloOver(client), print, options));
