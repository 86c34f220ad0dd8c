import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import { readKeyring } from "#lib/trust/keyring.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { signContext } from "#lib/trust/signed-context.ts";
import { newId } from "#lib/uuid.ts";

/** Other gateways know nothing of our credentials, so every caller is an administrator. This spares them the check that our gateway makes. */
const administrator: Identity = {
  kind: "user",
  id: newId(),
  tenantId: demoTenantId,
  permissions: ["*"],
  userTenantId: platformTenantId,
};

const signer = callSigner("gateway", readKeyring("NOVACRON_SIGNING_KEYS"));

/** Returns the headers by which a subgraph verifies a call. */
export const signatureOf = (audience: string, body: string): Record<string, string> =>
  signContext(signer, {
    audience,
    context: { identity: administrator, requestId: newId(), deadline: Date.now() + 30_000 },
    body,
  });
