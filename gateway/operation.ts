import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from "graphql";

/** One operation of a document, with the fragments that it reaches. */
export interface Operation {
  definition: OperationDefinitionNode;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** @returns undefined when there is none of that name, or several and no name was given */
export function operationOf(document: DocumentNode, name: string | undefined): Operation | undefined {
  const definition = getOperationAST(document, name);
  if (!definition) return undefined;
  const fragments = new Map<string, FragmentDefinitionNode>();
  const reach = (node: ASTNode): void => {
    visit(node, {
      FragmentSpread: ({ name: spread }) => {
        const found = document.definitions.find(
          (candidate) => candidate.kind === Kind.FRAGMENT_DEFINITION && candidate.name.value === spread.value,
        );
        if (found?.kind !== Kind.FRAGMENT_DEFINITION || fragments.has(spread.value)) return;
        fragments.set(spread.value, found);
        reach(found);
      },
    });
  };
  reach(definition);
  return { definition, fragments };
}
