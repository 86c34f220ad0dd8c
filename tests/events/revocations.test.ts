import { afterAll, beforeAll, expect, it } from "vitest";
import { append, type NewEvent } from "#db/event-log/append.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { revocationsAfter } from "#subgraphs/auth/credentials/revocations.ts";
import { type LogFixture, logFixture, placed } from "./log-fixture.ts";

let fixture: LogFixture;
beforeAll(async () => {
  fixture = await logFixture();
});
afterAll(() => fixture.stop());

const after = (position?: string) => revocationsAfter(fixture.systems.auth, position);
const write = (...events: NewEvent[]) =>
  fixture.services.auth.write({ tenantId: platformTenantId, actor: "command:test" }, async (tx) => {
    await append(tx, events);
    await placed(tx);
  });
const session = (change: "created" | "updated", id = newId()): NewEvent => ({
  type: `user_session.${change}`,
  key: id,
  payload: { userId: newId(), expiresAt: "2030-01-01T00:00:00.000Z" },
});
const role = (change: "created" | "updated" | "deleted"): NewEvent => ({
  type: `role.${change}`,
  key: newId(),
  payload: { name: "readers", permissions: [] },
});
const nothing = { allCallers: false, credentialIds: [], userIds: [], tenantIds: [] };

it("the first answer has no revocations, only the position after all that were", async () => {
  await write(session("updated"), role("updated"));
  const first = await after();
  expect(first).toEqual({ ...nothing, position: first.position, complete: true });
  expect(await after(first.position)).toEqual(first);
});

it("a new object revokes nothing, and a changed one its own credentials", async () => {
  const { position } = await after();
  const ended = newId();
  await write(session("created"), role("created"), session("updated", ended));
  expect(await after(position)).toMatchObject({ ...nothing, credentialIds: [ended] });
});

const [key, userId] = [newId(), newId()];
const grant = { userId, roleId: newId(), grantedBy: null };
const quota = { maxVmCount: 1, maxCpuMillicores: null, maxMemoryMb: null, maxStorageGb: null };
it.each<[type: string, event: NewEvent, revoked: object]>([
  [
    "api_key.updated",
    { type: "api_key.updated", key, payload: { name: "a key", userId, scopes: [] } },
    { credentialIds: [key] },
  ],
  ["user.updated", { type: "user.updated", key, payload: { username: "alice", role: "viewer" } }, { userIds: [key] }],
  ["tenant.updated", { type: "tenant.updated", key, payload: { name: "acme", enabled: false } }, { tenantIds: [key] }],
  ["role_grant.created", { type: "role_grant.created", key, payload: grant }, { userIds: [userId] }],
  ["role_grant.updated", { type: "role_grant.updated", key, payload: grant }, { userIds: [userId] }],
  ["role_grant.deleted", { type: "role_grant.deleted", key, payload: grant }, { userIds: [userId] }],
  ["role.updated", role("updated"), { allCallers: true }],
  ["role.deleted", role("deleted"), { allCallers: true }],
  ["tenant_quota.updated", { type: "tenant_quota.updated", key, payload: quota }, {}],
])("%s revokes the cached rights that it changes, and no others", async (_type, event, revoked) => {
  const { position } = await after();
  await write(event);
  expect(await after(position)).toMatchObject({ ...nothing, ...revoked });
});

it("an answer has a thousand events at most, and says whether there are more", async () => {
  const { position } = await after();
  const ended = Array.from({ length: 1_001 }, () => newId());
  await write(...ended.slice(0, 999).map((id) => session("updated", id)));
  expect(await after(position)).toMatchObject({ complete: true });
  await write(...ended.slice(999).map((id) => session("updated", id)));
  const first = await after(position);
  const second = await after(first.position);
  expect([first.complete, second.complete]).toEqual([false, true]);
  expect([first.credentialIds, second.credentialIds]).toEqual([ended.slice(0, 1_000), ended.slice(1_000)]);
});

it("a position of other databases, or of another log, is refused", async () => {
  const { position } = await after();
  for (const wrong of [position.replace("auth", "vms"), position.replace(/\.[0-9a-f]{8}\./, ".00000000."), ""])
    await expect(after(wrong), wrong).rejects.toMatchObject({ code: "POSITION_INVALID" });
});
