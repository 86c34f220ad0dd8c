import { describe, expect, it } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import type { TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";
import { accountsOf } from "./accounts.ts";
import { bearer, namesIn, query, type Received, vmSubscribersOf } from "./vm-subscribers.ts";

interface OwnKeys {
  vmStateChanged: { vm: { owner: { username: string; apiKeys: { totalCount: number } | null } } };
}

/** Declares the tests of which tenant's events a subscriber receives. */
export function subscribedTenantsSuite(product: () => TestProduct): void {
  const [ours, theirs] = [fleetOf(1), fleetOf(2)];
  const { newUser, tokenOf } = accountsOf(product, ours.tenantId);
  const { listening, flip } = vmSubscribersOf(product);

  describe("attack 31: a tenant's subscriber", () => {
    it("receives nothing of another tenant, whatever ids it filters by", async () => {
      const client = new RawClient(product().url);
      const filtered =
        "subscription ($filter: VmStateTransitionFilter) { vmStateChanged(filter: $filter) { vm { id } } }";
      const theirIds = [1, 2, 3].map((vm) => theirs.id("vm", vm));
      await client.connect(
        bearer(await tokenOf(await newUser())),
        subscribe("all", query),
        subscribe("theirs", filtered, { variables: { filter: { vm: theirIds } } }),
      );
      await until(() => client.of("ping").length > 1);
      await flip(theirs);
      await flip(ours);
      await until(() => client.of("next", "all").length === 2);
      expect(client.payloads<Received>("all").map(({ vmStateChanged }) => vmStateChanged?.vm.id)).toEqual(
        Array(2).fill(ours.id("vm", 1)),
      );
      expect(client.of("next", "theirs")).toEqual([]);
    });

    it("sees its user's own data but no other user's, even when both send the same subscription with the same rights", async () => {
      const owner = { id: ours.id("user", 1), tenantId: ours.tenantId };
      const [row] = await asOwner(
        product().urls.url("auth"),
        (sql) => sql<{ role: "user" }[]>`update users set role = 'viewer' where id = ${owner.id} returning role`,
      );
      expect(row).toEqual({ role: "viewer" });
      const text = "subscription { vmStateChanged { vm { id owner { username apiKeys(first: 5) { totalCount } } } } }";
      const clients: RawClient[] = [];
      for (const user of [owner, await newUser(), owner]) {
        const { key } = await makeApiKey(product().databases.auth, { tenantId: user.tenantId, userId: user.id });
        const client = new RawClient(product().url);
        await client.connect(bearer(key), subscribe("1", text));
        await until(() => client.of("ping").length > 0);
        clients.push(client);
      }
      await flip(ours);
      await until(() => clients.every((client) => client.of("next").length === 2));
      const [first, other, second] = clients.map((client) => client.payloads<OwnKeys>("1")[0]?.vmStateChanged.vm.owner);
      expect(first?.apiKeys?.totalCount).toBeGreaterThan(0);
      expect(second).toEqual(first);
      expect(other).toEqual({ username: first?.username, apiKeys: null });
      expect(clients[1]?.of("next")[0]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    });

    it("receives nothing of a VM once the VM belongs to another tenant", async () => {
      const [before, after] = [
        await listening(bearer(await tokenOf(await newUser()))),
        await listening(bearer(await tokenOf(await newUser("viewer", theirs.tenantId)))),
      ];
      await flip(ours, 2);
      await until(() => namesIn(before).length === 2);
      const moved = ours.id("vm", 2);
      await asOwner(product().urls.url("vms"), (owner) =>
        owner.begin(async (tx) => {
          // Rows that refer to the VM stay in the old tenant.
          await tx`set local session_replication_role = replica`;
          await tx`update vms set tenant_id = ${theirs.tenantId} where id = ${moved}`;
        }),
      );
      await flip({ ...theirs, id: (kind, number) => (kind === "vm" ? moved : theirs.id(kind, number)) }, 2);
      await until(() => namesIn(after).length === 2);
      await flip(ours, 1);
      await until(() => namesIn(before).length === 4);
      expect(namesIn(before)).toEqual([moved, moved, ours.id("vm", 1), ours.id("vm", 1)]);
      expect(namesIn(after)).toEqual([moved, moved]);
    });

    it("of the platform that acts in a tenant receives events of that tenant alone, and cannot act in another on the same socket", async () => {
      const visitor = await makeUser(product().databases.auth, { tenantId: platformTenantId, role: "operator" });
      const client = await listening(bearer(await tokenOf(visitor, ours.tenantId)));
      await flip(theirs);
      await flip(ours);
      await until(() => namesIn(client).length === 2);
      expect(namesIn(client)).toEqual(Array(2).fill(ours.id("vm", 1)));
      await client.send({ type: "ping", payload: bearer(await tokenOf(visitor, theirs.tenantId)) });
      expect(await client.closeCode()).toBe(4403);
    });
  });
}
