import { userError } from "#lib/graphql/user-errors.ts";
import { domainOfOperation, operationType } from "#lib/operations/operation-id.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { abandonIn, abandonOutcome, cancelIn, cancelOutcome } from "#subgraphs/end-operation.ts";
import { done, notThere, type Outcome, refused } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import type { VmsServices } from "../services.ts";
import { consentMessage } from "./consent-message.ts";
import { ofOtherDomain } from "./of-other-domain.ts";

interface Ended {
  operation: { id: string } | null;
}

/** Cancels an operation of any domain: the running step is stopped, and what was attempted is undone. */
export async function cancelOperation(
  services: VmsServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<Ended, UserErrorCode>> {
  const domain = domainOfOperation(id);
  if (!domain) return notThere("operation");
  const found =
    domain === "vms"
      ? await cancelIn(services, request, id)
      : await ofOtherDomain(services, request, domain, {
          query: `mutation ($id: ID!) { result: cancel${operationType(domain)}(input: { id: $id }) { outcome step state } }`,
          variables: { id },
          shape: cancelOutcome,
        });
  switch (found.outcome) {
    case "requested":
      return done({ operation: { id } });
    case "not found":
      return notThere("operation");
    case "ended":
      return refused(userError("OPERATION_ENDED", "id", `The operation has ended: it is ${found.state}.`));
  }
  const message = `The step ${found.step} was attempted: the operation can no longer be cancelled.`;
  return refused(userError("NOT_CANCELLABLE", "id", message));
}

/** Gives a parked operation of any domain up. Without consent it is refused, with what would be left behind. */
export async function abandonOperation(
  services: VmsServices,
  request: RequestContext,
  { id, consent = false }: { id: string; consent?: boolean },
): Promise<Outcome<Ended, UserErrorCode>> {
  const domain = domainOfOperation(id);
  if (!domain) return notThere("operation");
  const found =
    domain === "vms"
      ? await abandonIn(services, request, id, consent)
      : await ofOtherDomain(services, request, domain, {
          query: `mutation ($id: ID!, $consent: Boolean!) { result: abandon${operationType(domain)}(input: { id: $id, consent: $consent }) { outcome state leftBehind } }`,
          variables: { id, consent },
          shape: abandonOutcome,
        });
  switch (found.outcome) {
    case "abandoned":
      return done({ operation: { id } });
    case "consent required":
      return refused(userError("CONSENT_REQUIRED", "consent", consentMessage(found.leftBehind)));
    case "not found":
      return notThere("operation");
  }
  return refused(userError("OPERATION_NOT_PARKED", "id", `The operation is not parked: it is ${found.state}.`));
}
