import { vi } from "vitest";
import type { Domain } from "#db/columns.ts";
import { openDatabase } from "#db/client.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { askGraph } from "#tests/harness/product.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";
import { until } from "../until.ts";
import { judge, type Verdict, type Written } from "./checker.ts";
import { type Installation, startInstallation } from "./installation.ts";
import { ResumingClient } from "./resuming-client.ts";
import { vmCount, Writers } from "./writers.ts";

export interface DuringOptions {
  /** From one write of a kind in a tenant to the next. */
  pauseMs?: number;
  /** How long after the last write clients may be told. */
  patienceMs?: number;
}

const fleets = [fleetOf(1), fleetOf(2)];

/** The product with writers and clients of two tenants, and what each of them has written and been told. */
export class Sweep {
  readonly installation: Installation;
  readonly clients: ResumingClient[] = [];
  readonly #urls: TestDatabases;
  readonly #tokens: ReadonlyMap<string, string>;
  #writers: Writers[] = [];

  static async start(urls: TestDatabases, env: Record<string, string> = {}): Promise<Sweep> {
    const tokens = new Map<string, string>();
    const auth = await openDatabase({ domain: "auth", url: urls.url("auth") });
    for (const [index, { tenantId }] of fleets.entries()) {
      await insertFleet(urls, index + 1, vmCount);
      const { id: userId } = await makeUser(auth, { tenantId, role: "operator" });
      tokens.set(tenantId, (await makeApiKey(auth, { tenantId, userId })).key);
    }
    await auth.close();
    await asOwner(urls.url("vms"), (owner) => owner`update vms set state = 'running', origin_state = null`);
    return new Sweep(await startInstallation(urls, env), urls, tokens);
  }

  private constructor(installation: Installation, urls: TestDatabases, tokens: ReadonlyMap<string, string>) {
    this.installation = installation;
    this.#urls = urls;
    this.#tokens = tokens;
  }

  /** More clients of each tenant. @param urls the gateways, when they are not those of the installation */
  async connect(ofEach: number, urls = this.installation.gateways.map(({ url }) => url)): Promise<ResumingClient[]> {
    const clients = fleets.flatMap(({ tenantId }) =>
      Array.from(
        { length: ofEach },
        () => new ResumingClient({ tenantId, token: this.#tokens.get(tenantId) ?? "", urls }),
      ),
    );
    await Promise.all(clients.map((client) => client.start()));
    this.clients.push(...clients);
    return clients;
  }

  /** Writes until `fault` is over. @returns how many events were written, and what is to be said of each client */
  async during(fault: () => Promise<void>, { pauseMs = 20, patienceMs = 30_000 }: DuringOptions = {}) {
    await this.#clear();
    this.#writers = await Promise.all(fleets.map((fleet) => Writers.of(fleet, (domain) => this.#urls.url(domain))));
    for (const writers of this.#writers) writers.start(pauseMs);
    try {
      await fault();
    } finally {
      await Promise.all(this.#writers.map((writers) => writers.stop()));
    }
    const written = this.#writers.flatMap((writers) => writers.written);
    await Promise.all(this.#writers.map((writers) => writers.close()));
    return { written: written.length, verdicts: await this.#verdicts(written, patienceMs) };
  }

  get written(): number {
    return this.#writers.reduce((sum, writers) => sum + writers.written.length, 0);
  }

  /** Waits until so many events more have been written. */
  async untilWritten(more: number): Promise<void> {
    const enough = this.written + more;
    await until(() => this.written >= enough);
  }

  /** Resolves when every gateway serves a supergraph that says this of VMs. */
  async untilServed(description: string): Promise<void> {
    const token = this.#tokens.get(fleets[0]?.tenantId ?? "");
    const query = '{ __type(name: "Vm") { description } }';
    for (const { url } of this.installation.gateways) {
      const isServed = async () => (await askGraph(url, query, {}, token)).data.__type?.description === description;
      await vi.waitUntil(isServed, { timeout: 30_000, interval: 50 });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.stop()));
    await Promise.all(this.#writers.map((writers) => writers.close()));
    await this.installation.stop();
  }

  async #clear(): Promise<void> {
    this.#writers = [];
    for (const client of this.clients) client.told.length = 0;
    // What the last writers have left paused and open; nobody is told.
    await asOwner(this.#urls.url("vms"), (owner) => owner`update vms set state = 'running' where state = 'paused'`);
    await asOwner(
      this.#urls.url("monitoring"),
      (owner) => owner`update alert_instances set state = 'resolved', resolved_at = now() where state <> 'resolved'`,
    );
  }

  async #verdicts(written: readonly Written[], patienceMs: number): Promise<Verdict[]> {
    const count = (id: string) => written.filter(({ tenantId }) => tenantId === id).length;
    const isTold = () => this.clients.every(({ tenantId, told }) => told.length >= count(tenantId));
    // What is told twice makes up in number for what is lost, and not in the verdict.
    await vi.waitUntil(isTold, { timeout: patienceMs, interval: 10 }).catch(() => undefined);
    return Promise.all(this.clients.map(async (client) => judge(written, client, await this.#stored(client.tenantId))));
  }

  async #stored(tenantId: string): Promise<Map<string, string>> {
    const ask = (domain: Domain, query: string) =>
      asOwner(this.#urls.url(domain), (owner) => owner.unsafe<{ entity: string; state: string }[]>(query, [tenantId]));
    const rows = await Promise.all([
      ask("vms", "select 'vm ' || id as entity, upper(state::text) as state from vms where tenant_id = $1"),
      ask(
        "monitoring",
        "select 'alert ' || id as entity, upper(state::text) as state from alert_instances where tenant_id = $1",
      ),
      ask(
        "federation",
        "select 'migration ' || id as entity, upper(status::text) as state from migrations where tenant_id = $1",
      ),
      ask(
        "federation",
        "select 'step ' || migration_id || ' ' || step_number as entity, upper(status::text) as state from migration_steps where tenant_id = $1",
      ),
    ]);
    return new Map(rows.flat().map(({ entity, state }) => [entity, state]));
  }
}
