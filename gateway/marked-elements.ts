import type { Schema } from "@apollo/federation-internals";

/** An element that can carry directives. */
export interface Marked {
  appliedDirectivesOf(name: string): readonly { arguments(): Readonly<Record<string, unknown>> }[];
}

/** Calls `read` with each type (`Vm`), field (`Vm.owner`) and argument (`Query.vms(filter:)`) of a supergraph. */
export function eachElement(schema: Schema, read: (coordinate: string, element: Marked) => void): void {
  for (const type of schema.types()) {
    read(type.name, type);
    if (!("fields" in type) || type.kind === "InputObjectType") continue;
    for (const field of type.fields()) {
      read(`${type.name}.${field.name}`, field);
      if (!("arguments" in field)) continue;
      for (const argument of field.arguments()) read(`${type.name}.${field.name}(${argument.name}:)`, argument);
    }
  }
}
