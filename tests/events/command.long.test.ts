import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { checkVmProjection } from "#db/projections/vm-projection.ts";
import { upsert } from "#db/upsert.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { vms } from "#db/vms/schema/vms.ts";
import type { Event } from "#events/event.ts";
import { newId } from "#lib/uuid.ts";
import { novacron, startCommand, type Started, startNovacron } from "#tests/running/command.ts";
import { logFixture, someTenant, take } from "./log-fixture.ts";
import { until } from "./until.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

describe("next to a running server", () => {
  const dataDir = temporaryDataDir("novacron-events-");
  let server: Started;
  beforeAll(async () => {
    server = await startNovacron(["--data-dir", dataDir], { METRICS_PORT: "0" });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const events = (...args: string[]) => novacron(["events", ...args, "--data-dir", dataDir]);
  const jsonLines = (text: string) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event & { position: string });

  it("novacron events tail prints existing events, and resumes from the position that it printed", async () => {
    const first = await events(
      "tail",
      "--after",
      "oldest",
      "--no-follow",
      "--type",
      "vm.created",
      "--limit",
      "2",
      "--json",
    );
    expect(first.code).toBe(0);
    const [one, two] = jsonLines(first.stdout);
    expect(one).toMatchObject({ source: "vms", type: "vm.created", actor: "job:demo", entityType: "Vm" });
    const rest = await events("tail", "--after", two?.position ?? "", "--no-follow", "--type", "vm.created", "--json");
    expect(jsonLines(rest.stdout)).toHaveLength(58);
    expect(rest.stdout).not.toContain(two?.eventId);
  });

  it("novacron events tail follows new events, and prints a line that people can read", async () => {
    const tail = await events("tail", "--type", "vm_metrics.written", "--limit", "1");
    expect(tail.stdout).toMatch(
      /^\d{4}-\S+Z vm_metrics\.written VmMetrics \S+ v0 tenant \S+ by job:demo \{.*"… \d+ in all"/,
    );
    expect(tail.stderr).toContain("resume with --after 1~");
  });

  it("novacron events lag reports how far relays and consumers are behind", async () => {
    const { relays, consumers } = JSON.parse((await events("lag", "--json")).stdout) as {
      relays: { database: string; headId: number }[];
      consumers: { consumer: string; database: string; events: number }[];
    };
    expect(relays.map(({ database }) => database)).toEqual([...domains]);
    expect(relays.every(({ headId }) => headId > 0)).toBe(true);
    expect(consumers.map(({ consumer, database }) => `${consumer} ${database}`)).toEqual([
      ...domains.map(() => "operation-projection vms"),
      "vm-projection monitoring",
      "vm-projection scheduler",
    ]);
    expect((await events("lag")).stdout).toMatch(/^relay of +last event +behind by +for\nauth /);
  });

  it("novacron events replay makes a consumer read events again, and the projection stays correct", async () => {
    const replayed = await events("replay", "vm-projection", "--in", "monitoring", "--json");
    expect(JSON.parse(replayed.stdout)).toMatchObject({ events: expect.any(Number) });
    const ofOperations = await events("replay", "operation-projection", "--in", "vms", "--json");
    expect(JSON.parse(ofOperations.stdout).events).toBeGreaterThan(0);
    const check = await novacron(["projections", "check", "--data-dir", dataDir, "--json"]);
    expect(check.code).toBe(0);
    expect(JSON.parse(check.stdout)).toMatchObject({
      monitoring: { vms: 60, missing: [], extra: [], different: [] },
      scheduler: { vms: 60, missing: [], extra: [], different: [] },
      vms: { missing: [], extra: [], different: [] },
    });
  });

  it("novacron projections rebuild copies everything again", async () => {
    const rebuilt = await novacron(["projections", "rebuild", "--in", "scheduler", "--data-dir", dataDir]);
    expect(rebuilt).toMatchObject({ code: 0, stdout: "scheduler: vms 60\n" });
  });

  it.each([
    [["tail", "--after", "yesterday"], "POSITION_INVALID: "],
    [["tail", "--type", "vm.exploded"], "USAGE: --type: there is no event vm.exploded"],
    [["tail", "--database", "nowhere"], "USAGE: nowhere is not one of"],
    [["tail", "--limit", "0"], "USAGE: --limit: 0 is not a positive whole number"],
    [["replay", "nobody", "--in", "monitoring"], "USAGE: There is no consumer nobody"],
    [
      ["replay", "operation-projection", "--in", "monitoring"],
      "USAGE: operation-projection does not write to monitoring",
    ],
  ])("novacron events %j is refused with its reason", async (args, reason) => {
    const refused = await events(...args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(reason);
  });

  it("Prometheus scrapes lag and throughput on a separate port", async () => {
    const url = await server.printedError(/figures for Prometheus are at (\S+)/);
    const text = await (await fetch(url)).text();
    for (const database of domains) {
      expect(text).toMatch(new RegExp(`^novacron_events_relayed_total\\{database="${database}"\\} [1-9]`, "m"));
      expect(text).toMatch(new RegExp(`^novacron_event_relay_lag_events\\{database="${database}"\\} \\d`, "m"));
    }
    expect(text).toMatch(
      /^novacron_event_consumer_lag_events\{consumer="vm-projection",database="scheduler",source="vms"\} 0$/m,
    );
    expect(text).toMatch(/^novacron_schedule_late_seconds\{database="monitoring",schedule="roll_up_samples"\} 0/m);
    expect(text).toMatch(/^novacron_operations_due_seconds\{database="vms"\} 0$/m);
    expect((await fetch(new URL("/", url))).status).toBe(404);
  });

  it("novacron schedules lists when each job is due and how its last operation ended", async () => {
    const list = (...args: string[]) => novacron(["schedules", "--data-dir", dataDir, ...args]);
    const rollUp = async () =>
      (JSON.parse((await list("--json")).stdout) as { name: string; nextAt: string; lastState: string | null }[]).find(
        ({ name }) => name === "roll_up_samples",
      );
    await until("the rollup has run", async () => (await rollUp())?.lastState === "done", 45_000);
    expect(Date.parse((await rollUp())?.nextAt ?? "")).toBeGreaterThan(Date.now() - 5_000);
    const { code, stdout } = await list();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^DATABASE\tNAME\tCRON\tZONE\tNEXT AT\tLAST AT\tLAST STATE\tLAST ERROR\tSKIPPED$/m);
    expect(stdout).toMatch(/^auth\tsign_audit_checkpoints\t\* \* \* \* \*\tUTC\t/m);
  });
});

describe("novacron jobs", () => {
  it("relays and projects for databases whose subgraphs run elsewhere", async () => {
    const fixture = await logFixture();
    const urls = Object.fromEntries(
      domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, fixture.urls.url(domain)]),
    );
    const nowhere = "http://127.0.0.1:1/graphql";
    const keys = {
      NOVACRON_SIGNING_KEYS: `1:${"k".repeat(32)}`,
      SUBGRAPH_URL_VMS: nowhere,
      SUBGRAPH_URL_SCHEDULER: nowhere,
    };
    const jobs = await startCommand(["jobs"], { ...urls, ...keys }, /^novacron jobs ready$/m);
    const log = fixture.log([], { pollMs: 50 });
    const tenantId = someTenant();
    const start = await log.head();
    const vm = { id: newId(), name: "a", hypervisorType: "kvm" as const, ownerId: newId(), tenantId };
    await fixture.services.vms.write({ tenantId }, (tx) =>
      upsert(tx, vms, [{ ...vm, state: "running" as const, resourceConfig: { cpuMillicores: 1, memoryMb: 1 } }], {
        onConflict: ["id"],
        update: "none",
        emits: vmChanges,
      }),
    );
    expect(await take(log, 1, start, { tenantId })).toMatchObject([{ type: "vm.created", entityKey: vm.id }]);
    const { vms: source, monitoring: target } = fixture.systems;
    await expect
      .poll(() => checkVmProjection({ source, target }), { timeout: 20_000 })
      .toMatchObject({
        vms: 1,
        missing: [],
        different: [],
      });
    expect((await jobs.stop()).code).toBe(0);
    await fixture.stop();
  });
});
