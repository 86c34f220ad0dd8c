import { PublicError } from "#lib/errors.ts";

export const outdated = (): PublicError =>
  new PublicError("FENCING_TOKEN_OUTDATED", "The operation was continued elsewhere, or has released its allocations.");

export const expired = (): PublicError =>
  new PublicError(
    "RESERVATION_EXPIRED",
    "The reservation of this operation was released: it has expired or was replaced.",
  );
