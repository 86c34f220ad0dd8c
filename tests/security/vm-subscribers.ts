import { expect } from "vitest";
import { changeStates } from "#db/vms/state-writes.ts";
import type { Fleet } from "#tests/graph/rows.ts";
import type { TestProduct } from "#tests/harness/product.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";

/** A subscription to the changes of VMs. */
export const query = "subscription { vmStateChanged { fromState toState vm { id name } } }";
export interface Received {
  vmStateChanged: { vm: { id: string } } | null;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
/** Returns the ids of the VMs whose changes a client has received. */
export const namesIn = (client: RawClient) =>
  client.payloads<Received>("1").map(({ vmStateChanged }) => vmStateChanged?.vm.id);
/** Returns the code of a stream that holds nothing but a refusal. */
export const refusalOf = async (stream: Promise<Response>) =>
  /^event: next\ndata: .*"code":"(\w+)".*\n\nevent: complete\ndata:\n\n$/.exec(await (await stream).text())?.[1];

/** Returns what a test needs to subscribe to changes of VMs and to make them. */
export function vmSubscribersOf(product: () => TestProduct) {
  const ticketOf = async (token: string): Promise<string> => {
    const { data, errors } = await product().ask("mutation { createConnectionTicket { ticket } }", {}, token);
    expect(errors).toEqual([]);
    return data.createConnectionTicket.ticket;
  };
  /** Opens a socket that receives changes of VMs. @param payload of its connection_init */
  async function listening(payload: object): Promise<RawClient> {
    const client = new RawClient(product().url);
    await client.connect(payload, subscribe("1", query));
    await until(() => client.of("ping").length > 0);
    return client;
  }
  const events = (ticket: string): Promise<Response> =>
    fetch(`${product().url}?${new URLSearchParams({ query, ticket }).toString()}`, {
      headers: { accept: "text/event-stream" },
    });
  /** Pauses and resumes a VM of a tenant, which is two changes. */
  const flip = (fleet: Fleet, vm = 1) =>
    product().databases.vms.write({ tenantId: fleet.tenantId, actor: "command:test" }, async (tx) => {
      const [vmId, initiatedBy] = [fleet.id("vm", vm), fleet.id("user", 1)];
      await changeStates(tx, [{ vmId, from: "running", to: "paused", reason: "", initiatedBy }]);
      await changeStates(tx, [{ vmId, from: "paused", to: "running", reason: "", initiatedBy }]);
    });
  return { ticketOf, listening, events, flip };
}
