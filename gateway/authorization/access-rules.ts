import { isInterfaceType, isUnionType, type Schema } from "@apollo/federation-internals";
import { eachElement } from "../marked-elements.ts";
import { type Alternatives, authenticated, type Policies, policy, type AccessRule, scopes } from "./access-rule.ts";
import { authorizationDirectives } from "./supported-features.ts";

/** The rules of the coordinates of a supergraph. */
export interface AccessRules {
  /** Returns all rules of a selection of the field, including those of the types and fields that it may reach. */
  of(selection: Selection): readonly AccessRule[];
  /** Returns whether two callers with the same rights can receive different data there, because it shows a caller more of their own data. */
  dependsOnCaller(selection: Selection): boolean;
}

interface Selection {
  parent: string;
  field: string;
  returned: string | undefined;
}

/** The tag with which a supergraph marks such a field. */
const dependsOnCallerTag = "depends-on-caller";

/**
 * Reads the authorization directives of a supergraph. A field that is selected on an interface needs what the interface and each type that may implement it
 * require: the type of an object is known only after the object was requested.
 * @throws Error when the gateway could not enforce one of them
 */
export function accessRulesOf(schema: Schema, policies: Policies): AccessRules {
  const own = ownRules(schema, policies);
  const tagged = taggedAsDependent(schema);
  const behind = typesBehind(schema);
  const coordinatesOf = ({ parent, field, returned }: Selection): string[] => {
    const types = [parent, ...(behind.get(parent) ?? [])];
    return [...types, ...types.map((type) => `${type}.${field}`), ...(returned ? [returned] : [])];
  };
  return {
    of: (selection) =>
      own.size === 0 ? [] : coordinatesOf(selection).flatMap((coordinate) => own.get(coordinate) ?? []),
    dependsOnCaller: (selection) =>
      tagged.size > 0 && coordinatesOf(selection).some((coordinate) => tagged.has(coordinate)),
  };
}

function taggedAsDependent(schema: Schema): Set<string> {
  const tagged = new Set<string>();
  const name = schema.coreFeatures?.getByIdentity("https://specs.apollo.dev/tag")?.directiveNameInSchema("tag");
  if (name === undefined) return tagged;
  eachElement(schema, (coordinate, element) => {
    const tags = element.appliedDirectivesOf(name).map((applied) => applied.arguments()["name"]);
    if (tags.includes(dependsOnCallerTag)) tagged.add(coordinate);
  });
  return tagged;
}

/** Interface or union → the types that its objects may have. */
function typesBehind(schema: Schema): Map<string, string[]> {
  const behind = new Map<string, string[]>();
  for (const type of schema.types()) {
    if (isInterfaceType(type) || isUnionType(type)) {
      const possible = isInterfaceType(type) ? type.possibleRuntimeTypes() : type.types();
      behind.set(
        type.name,
        possible.map(({ name }) => name),
      );
    }
  }
  return behind;
}

/** Type (`Vm`) or field (`Vm.owner`) → what its own directives require. */
function ownRules(schema: Schema, policies: Policies): Map<string, AccessRule[]> {
  const names = authorizationDirectives(schema);
  const own = new Map<string, AccessRule[]>();
  const interned = new Map<string, AccessRule>();
  eachElement(schema, (coordinate, element) => {
    for (const [directive, name] of names) {
      for (const applied of element.appliedDirectivesOf(name)) {
        const given = applied.arguments();
        const rule =
          directive === "authenticated"
            ? authenticated
            : directive === "requiresScopes"
              ? scopes(given["scopes"] as Alternatives)
              : policy(given["policies"] as Alternatives, policies);
        const known = interned.get(rule.name) ?? rule;
        interned.set(known.name, known);
        own.set(coordinate, [...(own.get(coordinate) ?? []), known]);
      }
    }
  });
  return own;
}
