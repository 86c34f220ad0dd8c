import { abandonOperation as abandon, cancelOperation as cancel } from "#db/operations/requests.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { Leftover } from "#lib/operations/record.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, notThere, type Outcome, refused, type Services, write } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";

interface Ended {
  operation: { id: string } | null;
}

/** Cancels an operation: the running step is stopped, and what was attempted is undone. */
export async function cancelOperation(
  services: Services,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<Ended, UserErrorCode>> {
  return write<Ended, UserErrorCode>(services, request, async (tx) => {
    const found = await cancel(tx, id);
    switch (found.outcome) {
      case "requested":
        return done({ operation: { id } });
      case "not found":
        return notThere("operation");
      case "ended":
        return refused(userError("OPERATION_ENDED", "id", `The operation has ended: it is ${found.state}.`));
    }
    return refused(
      userError(
        "NOT_CANCELLABLE",
        "id",
        `The step ${found.step} was attempted: the operation can no longer be cancelled.`,
      ),
    );
  });
}

/** @property leftBehind what the operation leaves behind, or would when there is no operation: consent is needed */
interface Abandoned extends Ended {
  leftBehind: Leftover[];
}

/** Gives a parked operation up, or returns what would be left behind without consent. */
export async function abandonOperation(
  services: Services,
  request: RequestContext,
  { id, consent = false }: { id: string; consent?: boolean },
): Promise<Outcome<Abandoned, UserErrorCode>> {
  return write<Abandoned, UserErrorCode>(services, request, async (tx) => {
    const found = await abandon(tx, id, { consent });
    switch (found.outcome) {
      case "abandoned":
        return done({ operation: { id }, leftBehind: found.leftBehind });
      case "consent required":
        return done({ operation: null, leftBehind: found.leftBehind });
      case "not found":
        return notThere("operation");
    }
    return refused(userError("OPERATION_NOT_PARKED", "id", `The operation is not parked: it is ${found.state}.`));
  });
}
