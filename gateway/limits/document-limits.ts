import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValueNode,
  visit,
} from "graphql";
import { type ErrorCode, PublicError } from "#lib/errors.ts";
import { fragmentsOf, isIntrospection, keyOf } from "../operation.ts";
import type { Limits } from "./limits.ts";

/**
 * Counts the tokens of a document before it is parsed, up to the limit.
 * @throws PublicError TOKEN_LIMIT_EXCEEDED
 * @throws GraphQLError for text that is not a token
 */
export function countTokens(text: string, limit: number): number {
  const lexer = new Lexer(new Source(text));
  let count = 0;
  while (lexer.advance().kind !== TokenKind.EOF) {
    count += 1;
    if (count > limit) throw exceeds("TOKEN_LIMIT_EXCEEDED", "tokens", limit);
  }
  return count;
}

/**
 * Checks a document against the limits before it is validated. The time is linear in its length: each fragment is measured once and not expanded.
 * @throws PublicError with the code of the first limit that the document exceeds
 */
export function checkDocument(document: DocumentNode, limits: Limits): void {
  checkCounts(document, limits);
  const fragments = fragmentsOf(document);
  const measure = measuring(fragments, limits);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, selections } = measure(definition.selectionSet);
    if (depth > limits.depth) throw exceeds("DEPTH_LIMIT_EXCEEDED", "levels of fields", limits.depth);
    if (selections > limits.selections) throw exceeds("SELECTION_LIMIT_EXCEEDED", "fields", limits.selections);
    checkRootFields(fragments, definition, limits);
  }
}

const exceeds = (code: ErrorCode, what: string, limit: number): PublicError =>
  new PublicError(code, `A request has at most ${limit} ${what}.`, { limit });

function checkCounts(document: DocumentNode, limits: Limits): void {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: ({ alias }) => {
      if (alias && (aliases += 1) > limits.aliases) throw exceeds("ALIAS_LIMIT_EXCEEDED", "aliases", limits.aliases);
    },
    Directive: () => {
      if ((directives += 1) > limits.directives)
        throw exceeds("DIRECTIVE_LIMIT_EXCEEDED", "directives", limits.directives);
    },
    SelectionSet: (set) => checkRepeats(set, limits.repeats),
    ListValue: (value) => {
      checkLiteral(value, limits);
      return false;
    },
    ObjectValue: (value) => {
      checkLiteral(value, limits);
      return false;
    },
  });
}

function checkRepeats({ selections }: SelectionSetNode, limit: number): void {
  if (selections.length <= limit) return;
  const counts = new Map<string, number>();
  for (const selection of selections) {
    const name =
      selection.kind === Kind.FIELD
        ? keyOf(selection)
        : selection.kind === Kind.FRAGMENT_SPREAD
          ? `...${selection.name.value}`
          : `... on ${selection.typeCondition?.name.value ?? ""}`;
    const count = (counts.get(name) ?? 0) + 1;
    if (count > limit) throw exceeds("REPEAT_LIMIT_EXCEEDED", "selections of one field in the same place", limit);
    counts.set(name, count);
  }
}

function checkLiteral(value: ValueNode, limits: Limits, depth = 1): void {
  if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return;
  if (depth > limits.valueDepth) throw exceeds("VALUE_DEPTH_LIMIT_EXCEEDED", "levels of values", limits.valueDepth);
  if (value.kind === Kind.OBJECT) {
    for (const field of value.fields) checkLiteral(field.value, limits, depth + 1);
    return;
  }
  if (value.values.length > limits.listEntries)
    throw exceeds("LIST_LIMIT_EXCEEDED", "entries in a list", limits.listEntries);
  for (const entry of value.values) checkLiteral(entry, limits, depth + 1);
}

interface Size {
  depth: number;
  /** The number of fields; each fragment counts at every place that spreads it. */
  selections: number;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

const nothing: Size = { depth: 0, selections: 0 };

/** Measures selection sets as if their fragments were expanded. A fragment that spreads itself counts as empty at that place: validation refuses it. */
function measuring(fragments: Fragments, { introspectionDepth }: Limits): (set: SelectionSetNode) => Size {
  const known = new Map<string, Size>();
  const ofFragment = (name: string): Size => {
    const found = known.get(name);
    if (found) return found;
    known.set(name, nothing);
    const definition = fragments.get(name);
    const size = definition ? measure(definition.selectionSet) : nothing;
    known.set(name, size);
    return size;
  };
  const sizeBelow = (selection: SelectionNode): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    if (!selection.selectionSet) return nothing;
    const size = measure(selection.selectionSet);
    if (selection.kind === Kind.INLINE_FRAGMENT || !isIntrospection(selection.name.value)) return size;
    if (size.depth > introspectionDepth)
      throw exceeds("DEPTH_LIMIT_EXCEEDED", "levels of fields below __schema and __type", introspectionDepth);
    return { ...size, depth: 0 };
  };
  const measure = (set: SelectionSetNode): Size => {
    const total = { depth: 0, selections: 0 };
    for (const selection of set.selections) {
      const below = sizeBelow(selection);
      const own = selection.kind === Kind.FIELD ? 1 : 0;
      total.depth = Math.max(total.depth, below.depth + own);
      total.selections += below.selections + own;
    }
    return total;
  };
  return measure;
}

function checkRootFields(fragments: Fragments, { operation, selectionSet }: OperationDefinitionNode, limits: Limits) {
  const limit = operation === OperationTypeNode.QUERY ? limits.rootFields.query : limits.rootFields.mutation;
  if (countRootFields(fragments, selectionSet) > limit)
    throw exceeds("ROOT_FIELD_LIMIT_EXCEEDED", `root fields in a ${operation}`, limit);
}

function countRootFields(fragments: Fragments, set: SelectionSetNode): number {
  const spread = new Set<string>();
  const count = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + 1;
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + count(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      if (!fragment || spread.has(selection.name.value)) return sum;
      spread.add(selection.name.value);
      return sum + count(fragment.selectionSet);
    }, 0);
  return count(set);
}
