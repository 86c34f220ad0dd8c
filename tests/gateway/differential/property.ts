import fc from "fast-check";
import { parse, validate } from "graphql";
import { operationFrom } from "../documents.ts";
import type { FaultKind } from "../faults.ts";
import { compare, compareBroken } from "./compare.ts";
import { Coverage } from "../coverage.ts";
import { composed, type Federation, federationOf } from "./federation.ts";
import { type Schemas, supergraphFrom } from "./supergraph-from.ts";
import type { Trouble } from "./world.ts";

export interface Budget {
  seed: number;
  /** How many supergraphs or documents are drawn. */
  runs: number;
  /** Limit for shrinking a failing example, in milliseconds. */
  shrinkMs?: number;
}

const troubles: readonly Trouble[] = ["none", "error", "null"];
const documentTape = (maxLength: number) => fc.array(fc.nat(255), { minLength: 5, maxLength, size: "max" });

/** Compares a gateway with one undivided service, for documents drawn over a supergraph. */
export const overOne = (schemas: Schemas, budget: Budget, options: { mutations?: boolean } = {}) =>
  overComposed(composed(schemas), budget, options);

export function overComposed(
  federation: Federation,
  { seed, runs, shrinkMs = 45_000 }: Budget,
  { mutations = false } = {},
) {
  const coverage = new Coverage(federation.schemas);
  const property = fc.asyncProperty(
    documentTape(250),
    fc.constantFrom(...troubles),
    fc.nat(1_000),
    async (tape, trouble, place) => {
      await answersAlike(federation, tape, { trouble, seed: place, mutations, coverage });
    },
  );
  return fc
    .assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: shrinkMs, markInterruptAsFailure: false })
    .then(() => coverage);
}

/** Compares the same while a subgraph fails in one way. */
export function overFailing(schemas: Schemas, { seed, runs, shrinkMs = 45_000 }: Budget, kind: FaultKind) {
  const federation = composed(schemas);
  const property = fc.asyncProperty(documentTape(250), fc.nat(10_000), async (tape, place) => {
    const operation = operationFrom(tape, { schema: federation.api, misnamed: true });
    fc.pre(validate(federation.api, parse(operation.query)).length === 0);
    try {
      await compareBroken(federation, operation, { kind, seed: place });
    } catch (error) {
      throw new Error(
        `${operation.query}\n${JSON.stringify(operation.variables)}, ${kind} ${place}\n${messageOf(error)}`,
        { cause: error },
      );
    }
  });
  return fc.assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: shrinkMs, markInterruptAsFailure: false });
}

export interface Drawn {
  supergraphs: number;
  documents: number;
  /** How many of the supergraphs have an interface that a subgraph defines as an object, an interface of interfaces, and so on. */
  shapes: Map<string, number>;
}

const shapes: Readonly<Record<string, RegExp>> = {
  interfaces: /interface/,
  unions: /union/,
  "@interfaceObject": /@interfaceObject/,
  "several @interfaceObject": /@interfaceObject[^]*@interfaceObject/,
  "interfaces of interfaces": /interface \w+ implements/,
  "@requires": /@requires/,
  "@requires over an @interfaceObject": /@interfaceObject[^}]*@requires/,
  "@shareable": /@shareable/,
  "resolvable: false": /resolvable: false/,
  "two keys": /@key[^{]*@key/,
  arguments: /\(l: /,
};

/** Compares gateways with undivided services, for supergraphs and documents that are both drawn. */
export async function overMany(
  { seed, runs, shrinkMs = 45_000 }: Budget,
  { documents = 6 }: { documents?: number } = {},
): Promise<Drawn> {
  const drawn: Drawn = { supergraphs: 0, documents: 0, shapes: new Map() };
  let last: { text: string; federation: Federation | undefined } | undefined;
  const property = fc.asyncProperty(
    fc.array(fc.nat(255), { minLength: 40, maxLength: 300, size: "max" }),
    fc.array(documentTape(120), { minLength: documents, maxLength: documents }),
    fc.nat(1_000),
    async (tape, tapes, place) => {
      const schemas = supergraphFrom(tape);
      const text = Object.values(schemas).join("\n");
      if (last?.text !== text) {
        const found = federationOf(schemas);
        last = { text, federation: "api" in found ? found : undefined };
        if (last.federation) {
          drawn.supergraphs += 1;
          for (const [shape, pattern] of Object.entries(shapes))
            if (pattern.test(text)) drawn.shapes.set(shape, (drawn.shapes.get(shape) ?? 0) + 1);
        }
      }
      const { federation } = last;
      fc.pre(federation !== undefined);
      for (const [index, document] of tapes.entries()) {
        const trouble = troubles[index % troubles.length] ?? "none";
        drawn.documents += Number(
          await answersAlike(federation, document, { trouble, seed: place }).catch((error: unknown) => {
            throw new Error(`${JSON.stringify(schemas, null, 1)}\n${messageOf(error)}`);
          }),
        );
      }
    },
  );
  await fc.assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: shrinkMs, markInterruptAsFailure: false });
  return drawn;
}

/** Compares the responses. @returns whether the tape yields a document that is valid in the schema */
async function answersAlike(
  federation: Federation,
  tape: readonly number[],
  {
    trouble,
    seed,
    mutations = false,
    coverage,
  }: { trouble: Trouble; seed: number; mutations?: boolean; coverage?: Coverage },
): Promise<boolean> {
  const operation = operationFrom(tape, { schema: federation.api, misnamed: true, mutations });
  // The tape sometimes yields fields that cannot be merged.
  if (validate(federation.api, parse(operation.query)).length > 0) return false;
  coverage?.count(operation.query, federation.plan(operation));
  try {
    await compare(federation, operation, { trouble, seed });
  } catch (error) {
    throw new Error(
      `${operation.query}\n${JSON.stringify(operation.variables)}, ${trouble} ${seed}\n${messageOf(error)}`,
      { cause: error },
    );
  }
  return true;
}

const messageOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
