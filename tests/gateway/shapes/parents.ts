import type { Shape } from "./shape.ts";

/** Supergraphs in which objects of different types have the same entities, and an operation selects other fields of them in each. */
export const parentShapes: Readonly<Record<string, Shape>> = {
  "entities in members of a union": {
    schemas: {
      reviews: `type Query { reviews: [Review!]  review: Review  author: Author } union Review = Anonymous | Signed | Withdrawn
          type Anonymous { stars: Int  product: Product } type Signed { author: Author  product: Product  products: [[Product]] } type Withdrawn { product: Product! }
          type Author @key(fields: "id") { id: ID!  favourite: Product } type Product @key(fields: "id") { id: ID! }`,
      shop: `type Product @key(fields: "id") { id: ID!  price: Int!  weight: Int  maker: Maker } type Maker @key(fields: "id") { id: ID! }`,
      parcels: `type Product @key(fields: "id") { id: ID!  weight: Int @external  postage(in: Int): Int! @requires(fields: "weight")  box: String }`,
      makers: `type Maker @key(fields: "id") { id: ID!  name: String!  land: String! }`,
    },
    documents: [
      "{ review { ... on Anonymous { product { price } } ... on Signed { product { postage box } } } }",
      "query($in: Int = 3) { reviews { ... on Anonymous { product { price } } ... on Signed { product { price postage(in: $in) } } } }",
      "{ reviews { ... on Anonymous { product { maker { name } } } ... on Signed { product { price maker { land } } } ... on Withdrawn { __typename } } }",
      "{ reviews { ... on Signed { products { box } author { favourite { postage } } product { id } } ... on Withdrawn { product { maker { land name } } } } }",
    ],
  },
  "entities in objects that subgraphs know only by their interface": {
    schemas: {
      feed: `type Query { posts: [Post!] } interface Post @key(fields: "id") { id: ID!  topic: Topic }
          type Note implements Post @key(fields: "id") { id: ID!  topic: Topic  text: String } type Poll implements Post @key(fields: "id") { id: ID!  topic: Topic  votes: Int }
          type Topic @key(fields: "id") { id: ID! }`,
      pinned: `type Query { pinned: [Post] } type Post @interfaceObject @key(fields: "id") { id: ID!  author: Author } type Author @key(fields: "id") { id: ID! }`,
      people: `type Author @key(fields: "id") { id: ID!  name: String!  rank: Int! }`,
      topics: `type Topic @key(fields: "id") { id: ID!  title: String!  size: Int! }`,
    },
    documents: [
      "{ posts { ... on Note { author { rank } topic { size } } ... on Poll { author { name } topic { title size } } } }",
      "{ pinned { author { name } ... on Note { author { rank } } ... on Poll { topic { title } } } }",
    ],
  },
  "entities that only a requirement of some parents needs": {
    schemas: {
      fleet: `type Query { machines: [Machine!] } interface Machine { id: ID!  owner: Owner } type Owner @key(fields: "id") { id: ID! }
          type Robot implements Machine @key(fields: "id") { id: ID!  owner: Owner } type Press implements Machine @key(fields: "id") { id: ID!  owner: Owner }`,
      tax: `type Robot @key(fields: "id") { id: ID!  owner: Owner @external  tax: Int! @requires(fields: "owner { land }") } type Owner @key(fields: "id") { id: ID!  land: String @external }`,
      owners: `type Owner @key(fields: "id") { id: ID!  land: String  name: String! }`,
    },
    documents: [
      "{ machines { ... on Robot { tax } ... on Press { owner { name } } } }",
      "{ machines { id ... on Robot { tax owner { id } } ... on Press { owner { id } } } }",
    ],
  },
};
