import { signalOperation, startOperation } from "#db/operations/requests.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { type Needs, type RequestContext, requirePermission } from "#lib/trust/request-context.ts";
import { isUuid } from "#lib/uuid.ts";
import { idempotencyKeyOf, started, type StartErrorCode } from "#subgraphs/operation-outcomes.ts";
import { done, notThere, type Outcome, type Services, writingWith } from "#subgraphs/use-case.ts";
import { drill, type DrillInput, failingSteps, goSignal, longestWorkSeconds, stuckSteps } from "./drill.ts";

export interface DrillRequest extends Partial<DrillInput> {
  /** Identifies the request among those of the caller: the same key starts one drill. */
  idempotencyKey?: string | null | undefined;
}

/** Drills are the platform's: its administrators run them, and its other users who have the permission. */
const needs: Needs = { permission: "operation:drill", policy: "platform" };
const ofPlatform = { tenantId: platformTenantId };
const write = writingWith<StartErrorCode>();

/**
 * Starts a drill, which waits until `signalDrill` for an hour at most.
 * @throws PublicError UNAUTHENTICATED or FORBIDDEN
 * @throws InvalidArgument for an input out of its bounds
 */
export async function startDrill(
  services: Services,
  request: RequestContext,
  asked: DrillRequest,
): Promise<Outcome<{ operationId: string }, StartErrorCode>> {
  requirePermission(request.identity, needs);
  const { workSeconds = 5, failsAt = null, undoFailsAt = null } = asked;
  if (!Number.isInteger(workSeconds) || workSeconds < 0 || workSeconds > longestWorkSeconds)
    throw new InvalidArgument("input.workSeconds", `is not a whole number from 0 to ${longestWorkSeconds}.`);
  requireOneOf(failingSteps, failsAt, "input.failsAt");
  requireOneOf(stuckSteps, undoFailsAt, "input.undoFailsAt");
  const idempotencyKey = idempotencyKeyOf(asked);
  const input: DrillInput = { workSeconds, failsAt, undoFailsAt };
  const wanted = { input, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
  return write(services, request, async (tx) => started(await startOperation(tx, drill, wanted)), ofPlatform);
}

/**
 * Lets a drill continue, now or as soon as it waits. A second signal changes nothing.
 * @throws PublicError UNAUTHENTICATED or FORBIDDEN
 */
export async function signalDrill(
  services: Services,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ operationId: string }, StartErrorCode>> {
  requirePermission(request.identity, needs);
  if (!isUuid(id)) return notThere("running drill");
  return write(
    services,
    request,
    async (tx) => {
      const isSignalled = await signalOperation(tx, id, goSignal, null, { kind: drill.kind });
      return isSignalled ? done({ operationId: id }) : notThere("running drill");
    },
    ofPlatform,
  );
}

function requireOneOf(steps: readonly string[], given: string | null, argument: string): void {
  if (given !== null && !steps.includes(given)) throw new InvalidArgument(argument, `is none of ${steps.join(", ")}.`);
}
