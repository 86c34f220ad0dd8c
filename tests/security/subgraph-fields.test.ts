import { expect, it } from "vitest";
import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { emptySubgraphs, graphOver } from "./graph-as.ts";
import { stranger } from "./roles.ts";

const administrator: Identity = { ...stranger(fleetOf(1).tenantId), permissions: ["*"] };

it.each([
  ["_service", "{ _service { sdl } }"],
  ["_entities", '{ _entities(representations: [{ __typename: "Vm", id: "1" }]) { __typename } }'],
])("attack 9: %s is a field of subgraphs, which no client can query, whatever its rights", async (field, query) => {
  const ask = await graphOver(emptySubgraphs);
  for (const identity of [anonymous, administrator]) {
    const { data, errors } = await ask(identity, query);
    expect(data).toBeNull();
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
    expect(errors[0]?.message).toContain(`Cannot query field "${field}"`);
  }
});
