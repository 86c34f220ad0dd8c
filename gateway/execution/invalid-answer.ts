import { PublicError } from "#lib/errors.ts";

/** A value is null in the answer because what subgraphs answered does not fit the schema, or because none could be asked. */
export class InvalidAnswer extends PublicError {
  constructor(message: string) {
    super("INTERNAL_SERVER_ERROR", message);
  }
}
