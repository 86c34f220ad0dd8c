import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n`;
const schemas = {
  vms: `${link}type Query { vm: Vm }
    type Subscription { vmStateChanged: Change }
    type Change { at: Float!  state: String!  vm: Vm! }
    type Vm @key(fields: "id") { id: ID!  name: String! }`,
  scheduler: `${link}type Query { node: Node }
    type Vm @key(fields: "id") { id: ID!  node: Node }
    type Node { name: String!  zone: String! }`,
};

/** A change of a VM, which belongs to one subgraph, with the node of that VM, which belongs to the other. */
export const query = "subscription { vmStateChanged { at state vm { id name node { name zone } } } }";

export function supergraphSdl(): string {
  const services = Object.entries(schemas).map(([name, sdl]) => ({
    name,
    typeDefs: parse(sdl),
    url: `http://${name}`,
  }));
  const { supergraphSdl: sdl, errors } = composeServices(services);
  if (!sdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return sdl;
}

/** The payload that the subgraph vms emits for a change. */
export const changeOf = (number: number, at: number) => ({
  data: {
    vmStateChanged: { at, state: "RUNNING", vm: { __typename: "Vm", id: `vm-${number}`, name: `machine ${number}` } },
  },
});

export const nodesOf = (references: readonly unknown[]) => ({
  data: { _entities: references.map(() => ({ __typename: "Vm", node: { name: "node-17", zone: "eu-north-1a" } })) },
});

/** The message that a client receives for it, as a broadcast would send it. */
export const messageOf = (number: number, at: number): string =>
  JSON.stringify({
    id: "1",
    type: "next",
    payload: {
      data: {
        vmStateChanged: {
          at,
          state: "RUNNING",
          vm: { id: `vm-${number}`, name: `machine ${number}`, node: { name: "node-17", zone: "eu-north-1a" } },
        },
      },
      extensions: { cursor: "WzEsIkpqOXhQcFdRIix7InZtcyI6IjEyMzQifV0" },
    },
  });
