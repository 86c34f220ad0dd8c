import { PublicError } from "#lib/errors.ts";

/** A value is null in the response because a value from a subgraph does not fit the schema, or because no subgraph could be queried for it. */
export class InvalidAnswer extends PublicError {
  constructor(message: string) {
    super("INTERNAL_SERVER_ERROR", message);
  }
}
