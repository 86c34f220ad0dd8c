import postgres from "postgres";
import { expect, it } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { projectionCheck } from "#runtime/jobs/projections.ts";
import { jobsFixture } from "./jobs-fixture.ts";

it("the check of a projection fails with its code when a VM differs", async () => {
  const { urls, systems } = await jobsFixture();
  const [step] = projectionCheck(systems, "scheduler").steps;
  const scope = { tenantId: platformTenantId, actor: "job:test" };
  const running = new AbortController().signal;
  expect(await step?.run(running, scope)).toEqual({ vms: 0 });
  const owner = postgres(urls.url("scheduler"), { max: 1 });
  await owner`
    insert into projected_vms (id, tenant_id, name, state, tags, version)
    values (${newId()}, ${newId()}, 'no longer there', 'running', '[]', 1)`;
  await owner.end();
  await expect(step?.run(running, scope)).rejects.toMatchObject({
    code: "PROJECTION_DIFFERS",
    message: expect.stringContaining("1 are too many"),
  });
});

it("the check of the projection of operations fails with its code when an operation is missing", async () => {
  const { urls, systems } = await jobsFixture();
  const [step] = projectionCheck(systems, "vms").steps;
  const [running, scope] = [new AbortController().signal, { tenantId: platformTenantId, actor: "job:test" }];
  expect(await step?.run(running, scope)).toEqual({ operations: 0 });
  const owner = postgres(urls.url("auth"), { max: 1 });
  await owner`
    insert into operations (id, tenant_id, kind, definition_version, input, state)
    values (${newId()}, ${platformTenantId}, 'test', 1, 'null', 'running')`;
  await owner.end();
  await expect(step?.run(running, scope)).rejects.toMatchObject({
    code: "PROJECTION_DIFFERS",
    message: expect.stringContaining("Of 1 operations 1 are missing"),
  });
});
