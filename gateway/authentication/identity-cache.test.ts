import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { anonymous } from "#lib/trust/request-context.ts";
import { IdentityCache, type IdentifiedCredential } from "./identity-cache.ts";

const identified = (id: string): IdentifiedCredential => ({
  identity: { ...anonymous, kind: "user", id },
  rateLimitPerMinute: null,
  expiresAt: null,
});

/** A call that is answered when the test settles it. */
function question(answer: IdentifiedCredential | undefined) {
  let settle: () => void = () => undefined;
  const answered = new Promise<IdentifiedCredential | undefined>((resolve) => (settle = () => resolve(answer)));
  return { ask: vi.fn<() => Promise<IdentifiedCredential | undefined>>(() => answered), settle: () => settle() };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

it("concurrent requests for the same credential share one call", async () => {
  const cache = new IdentityCache();
  const first = question(identified("one"));
  const second = question(identified("two"));
  const both = [cache.identify("token", first.ask), cache.identify("token", second.ask)];
  first.settle();
  expect((await Promise.all(both)).map((found) => found?.identity.id)).toEqual(["one", "one"]);
  expect(second.ask).not.toHaveBeenCalled();
});

it("a call from before a revocation answers no later request, and its answer is not cached", async () => {
  const cache = new IdentityCache();
  cache.confirm(performance.now());
  const before = question(identified("one"));
  const after = question(undefined);
  const early = cache.identify("token", before.ask);
  cache.forget({ userId: "one" });
  const late = cache.identify("token", after.ask);
  after.settle();
  expect(await late).toBeUndefined();
  before.settle();
  await early;
  expect(await cache.identify("token", async () => undefined)).toBeUndefined();
});

it("without notice of revocations, a call is shared for a moment only", async () => {
  const cache = new IdentityCache();
  const slow = question(identified("one"));
  const early = cache.identify("token", slow.ask);
  vi.advanceTimersByTime(150);
  expect(await cache.identify("token", async () => undefined)).toBeUndefined();
  slow.settle();
  expect((await early)?.identity.id).toBe("one");
});
