import { visit } from "graphql";
import { documentOf, keyOf, type Operation } from "../operation.ts";

/**
 * Response keys of an operation, as its client wrote them and as it is planned.
 *
 * A client may call any field by the name of one that the planner asks for itself, as a key or a requirement: `{ product { id: name shipping } }`.
 * Apollo's planner makes one field of the two, so that one of them is lost, or the other's value goes to a subgraph. Such an alias is planned by
 * another name.
 */
export class Aliases {
  readonly #planned = new Map<string, string>();
  readonly #written = new Map<string, string>();

  /** @param asked the names of the fields that the planner asks for itself */
  constructor(operation: Operation, asked: ReadonlySet<string>) {
    const keys = new Set<string>();
    visit(documentOf(operation), {
      Field: (field) => {
        const key = keyOf(field);
        keys.add(key);
        if (key !== field.name.value && asked.has(key)) this.#planned.set(key, key);
      },
    });
    for (const alias of this.#planned.keys()) {
      let planned = `${alias}__alias`;
      while (keys.has(planned) || asked.has(planned)) planned += "_";
      keys.add(planned);
      this.#planned.set(alias, planned);
      this.#written.set(planned, alias);
    }
  }

  /** Whether all of them are planned as they were written. */
  get areAsWritten(): boolean {
    return this.#planned.size === 0;
  }

  /** The key by which a field is planned. */
  planned(key: string, field: string): string {
    return key === field ? key : (this.#planned.get(key) ?? key);
  }

  /** A path in what was planned, as it is in the answer. */
  written(path: readonly (string | number)[]): (string | number)[] {
    return path.map((key) => (typeof key === "string" ? (this.#written.get(key) ?? key) : key));
  }
}
