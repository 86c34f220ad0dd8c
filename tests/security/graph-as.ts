import { createGateway } from "#gateway/create-gateway.ts";
import type { SubscriptionSource } from "#gateway/subscriptions/source.ts";
import { Subscriber } from "#gateway/subscriptions/stream.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { type Identity, policies } from "#lib/trust/request-context.ts";
import { type AnsweredData, answerOf } from "#tests/harness/answers.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";

export type AskAs = (identity: Identity, query: string) => Promise<AnsweredData>;

/** Returns the product's graph over some transport, callable under any identity: these tests vary the identity. */
export async function graphOver(transport: Transport): Promise<AskAs> {
  const gateway = createGateway({
    supergraphSdl: productSupergraph().sdl,
    loaded: productSupergraph(),
    policies,
    transport,
    subscriptions: nothingToTell,
    introspection: true,
    planning: "this thread",
  });
  return async (identity, query) => {
    const signal = AbortSignal.timeout(30_000);
    const context = { identity, requestId: "request", deadline: Date.now() + 30_000, signal };
    if (!query.startsWith("subscription")) return answerOf(await gateway.execute({ query }, context));
    const begun = await gateway.subscribe({ query }, context, new Listener());
    return begun && "refused" in begun ? answerOf(begun.refused) : { data: null, errors: [] };
  };
}

/** A subscriber that ignores what it receives: the tests check only whether a subscription begins. */
class Listener extends Subscriber {
  readonly ready = undefined;
  emit(): void {
    this.leave();
  }
  end(): void {
    this.leave();
  }
}

const nothingToTell: SubscriptionSource = {
  subscribe: async function* () {
    // The source ends at once.
  },
  position: async () => undefined,
  close: async () => undefined,
};

/** Subgraphs that return no data and enforce nothing: what is refused over them, the gateway alone refuses. */
export const emptySubgraphs: Transport = { send: async () => ({ data: null }), close: async () => undefined };
