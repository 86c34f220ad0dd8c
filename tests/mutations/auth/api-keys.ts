import { both, rightsOf } from "#tests/security/rights/model.ts";
import { across, actsIn, isOwn, ofAnother, type Sent, type Trial } from "#tests/security/rights/trial.ts";
import type { MutationExamples } from "../example.ts";

const newKey = { name: "made at once", scopes: ["vm:read"] };

export const apiKeyMutations: MutationExamples = {
  createApiKey: {
    request: () => ({ input: newKey }),
    emits: ["api_key.created"],
    audits: "api_key.create",
    repeated: "again",
    refusals: {
      EXPIRY_INVALID: () => ({ input: { ...newKey, expiresAt: "2000-01-01T00:00:00Z" } }),
      NAME_INVALID: () => ({ input: { ...newKey, name: " " } }),
      PERMISSION_INVALID: () => ({ input: { ...newKey, scopes: [] } }),
      RATE_LIMIT_INVALID: () => ({ input: { ...newKey, rateLimitPerMinute: 0 } }),
      SCOPE_EXCEEDS_RIGHTS: async (world) => ({
        input: { ...newKey, scopes: ["*"] },
        token: await world.sessionToken(),
      }),
      TENANT_UNKNOWN: async (world) => ({
        input: { ...newKey, tenantId: world.otherTenantId },
        token: await world.sessionToken(),
      }),
    },
    ids: { tenantId: null },
    rights: async ({ choices }) => {
      const scopes = choices.permissions();
      return { input: { name: "a key", scopes }, rights: rightsOf(scopes) };
    },
  },
  rotateApiKey: {
    request: async (world) => ({ input: { id: await world.apiKey(), overlap: "PT0S" } }),
    emits: ["api_key.updated", "api_key.created"],
    audits: "api_key.rotate",
    repeated: "NOT_FOUND",
    ids: { id: "apiKey" },
    rights: async ({ world, caller, target, choices }) => {
      const isOwnCredential = caller.kind === "api_key" && isOwn(caller, target) && choices.chance(0.3);
      const key = isOwnCredential ? caller : await world.key(target, choices.permissions(), actsIn(target, choices));
      // A session always has its user's rights, so only scopes within them count. A key keeps its own scopes while its user may gain rights, so all
      // scopes count.
      const lasting = caller.kind === "session" ? both(rightsOf(key.scopes), target.rights) : rightsOf(key.scopes);
      const rights = new Set([...lasting, ...across(caller, key.tenantId, [])]);
      return { input: { id: key.id }, isForeign: !isOwn(caller, target), isOwnCredential, rights };
    },
  },
  renameApiKey: {
    request: async (world) => ({ input: { id: await world.apiKey(), name: " nightly backups " } }),
    effect: async (world, { input }) => (await world.read("apiKey", input?.["id"], "name")).name === "nightly backups",
    emits: ["api_key.updated"],
    audits: "api_key.rename",
    repeated: "unchanged",
    refusals: { NAME_INVALID: async (world) => ({ input: { id: await world.apiKey(), name: " " } }) },
    ids: { id: "apiKey" },
    rights: async (trial) => onKey(trial, "api_key:update", { name: "renamed" }),
  },
  revokeApiKey: {
    request: async (world) => ({ input: { id: await world.apiKey() } }),
    effect: async (world, { input }) => (await world.read("apiKey", input?.["id"], "revokedAt")).revokedAt !== null,
    emits: ["api_key.updated"],
    audits: "api_key.revoke",
    repeated: "unchanged",
    ids: { id: "apiKey" },
    rights: async (trial) => onKey(trial, "api_key:revoke"),
  },
};

/** Returns an action on a key of the target, at times the one that the request is sent with. */
async function onKey({ world, caller, target, choices }: Trial, needs: string, more: object = {}): Promise<Sent> {
  const isOwnCredential = caller.kind === "api_key" && isOwn(caller, target) && choices.chance(0.3);
  const key = isOwnCredential ? caller : await world.key(target, choices.permissions(), actsIn(target, choices));
  const rights = new Set([...key.rights, ...across(caller, key.tenantId, [])]);
  return { input: { id: key.id, ...more }, ...ofAnother(caller, target, needs, true), isOwnCredential, rights };
}
