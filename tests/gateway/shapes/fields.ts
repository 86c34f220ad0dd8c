import type { Shape } from "./shape.ts";

const labelled = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override", "@requires", "@external"])\n`;

/** Supergraphs that differ in which subgraph resolves a field: overridden, provided, inaccessible, shared, extended. */
export const fieldShapes: Readonly<Record<string, Shape>> = {
  "a field that another subgraph overrides": {
    schemas: {
      old: `type Query { parts: [Part] @shareable  oldest: Part } type Part @key(fields: "id") { id: ID!  made: String!  price: Int }`,
      new: `type Query { parts: [Part] @shareable  newest: Part } type Part @key(fields: "id") { id: ID!  made: String! @override(from: "old") }`,
    },
    documents: ["{ parts { made } oldest { made price } newest { made price } }"],
  },
  "an override of a field from a subgraph that does not exist": {
    schemas: {
      a: `type Query { parts: [Part] @shareable  first: Part } type Part @key(fields: "id") { id: ID!  made: String! @shareable }`,
      b: `type Query { parts: [Part] @shareable  last: Part }
          type Part @key(fields: "id") { id: ID!  made: String! @override(from: "gone") @shareable  weight: Int }`,
    },
    documents: ["{ parts { made weight } first { made } last { made weight } }"],
  },
  "a field of an interface that is overridden for one type": {
    schemas: {
      a: `type Query { feed: [Entry] } interface Entry { id: ID!  at: String! } type Photo implements Entry @key(fields: "id") { id: ID!  at: String! }`,
      b: `type Query { texts: [Entry]  media: [Medium] } interface Entry { id: ID!  at: String! } interface Medium { id: ID!  at: String! }
          type Text implements Entry @key(fields: "id") { id: ID!  at: String!  body: String! }
          type Photo implements Medium @key(fields: "id") { id: ID!  at: String! @override(from: "a") }`,
    },
    documents: [
      "{ feed { id at } }",
      "{ feed { ... on Text { id body } } texts { at } }",
      "{ media { at ... on Entry { id at } } feed { ... on Medium { at __typename } } }",
    ],
  },
  "fields that another subgraph overrides progressively": {
    bare: true,
    schemas: {
      a: `${labelled} type Query { old: Part } type Part @key(fields: "id") { id: ID!  made: String!  price: Int  weight: Int }`,
      b: `${labelled} type Query { new: Part } type Part @key(fields: "id") { id: ID!  made: String! @override(from: "a", label: "percent(50)")
        price: Int @override(from: "a", label: "later")  weight: Int @external  shipping: Int @requires(fields: "weight") }`,
      c: `${labelled} type Part @key(fields: "id") { id: ID!  weight: Int @external  age: Int @requires(fields: "weight") }`,
    },
    documents: ["{ old { id made price shipping age } new { made price age shipping } }", "{ new { made } }"],
  },
  "an overridden field that two other subgraphs require": {
    schemas: {
      a: `type Query { inA: Rack } type Rack @key(fields: "id") { id: ID!  name: String! @external  aLabel: String! @requires(fields: "name") }`,
      b: `type Query { inB: Rack } type Rack @key(fields: "id") { id: ID!  name: String! @override(from: "c") }`,
      c: `type Query { inC: Rack } type Rack @key(fields: "id") { id: ID!  name: String!  room: String  cLabel: String! }`,
      d: `type Query { inD: Rack } type Rack @key(fields: "id") { id: ID!  name: String! @external  dLabel: String @requires(fields: "name") }`,
    },
    documents: [
      "{ inA { id name aLabel cLabel dLabel } inB { name aLabel cLabel dLabel } inC { name aLabel room dLabel } inD { dLabel aLabel } }",
      "{ inA { aLabel } inC { aLabel } }",
    ],
  },
  "provided objects in provided objects": {
    schemas: {
      a: `type Query { items: [Item] @shareable @provides(fields: "groups { id name groups { id name } }") }
          type Item @key(fields: "id") { id: ID!  groups: [Group] @external }
          type Group @key(fields: "id") { id: ID!  name: String  groups: [Group] @external }`,
      b: `type Item @key(fields: "id") { id: ID!  groups: [Group] @shareable } type Group @key(fields: "id") { id: ID!  groups: [Group] @shareable  size: Int }`,
    },
    documents: [
      "{ items { id groups { name } } }",
      "{ items { groups { id name groups { id name } } } }",
      "{ items { groups { groups { groups { name size } } size } } }",
    ],
  },
  "provided fields of an interface, and of one type that implements it": {
    schemas: {
      a: `type Query { medium: Medium @shareable  book: Book @provides(fields: "animals { ... on Dog { name } }") }
          interface Medium { id: ID! } interface Animal { id: ID! }
          type Book implements Medium @key(fields: "id") { id: ID!  animals: [Animal] @shareable }
          type Dog implements Animal @key(fields: "id") { id: ID! @external  name: String @external }
          type Cat implements Animal @key(fields: "id") { id: ID! @external }`,
      b: `type Query { medium: Medium @shareable @provides(fields: "animals { id name }") }
          interface Medium { id: ID!  animals: [Animal] } interface Animal { id: ID!  name: String }
          type Book implements Medium { id: ID! @shareable  animals: [Animal] @external }
          type Dog implements Animal { id: ID! @external  name: String @external }
          type Cat implements Animal { id: ID! @external  name: String @external }`,
      c: `interface Medium { id: ID!  animals: [Animal] } interface Animal { id: ID!  name: String }
          type Book implements Medium @key(fields: "id") { id: ID!  animals: [Animal] @shareable }
          type Dog implements Animal @key(fields: "id") { id: ID!  name: String @shareable  age: Int }
          type Cat implements Animal @key(fields: "id") { id: ID!  name: String @shareable  age: Int }`,
    },
    documents: [
      "{ medium { id animals { id name } } }",
      "{ medium { animals { name ... on Cat { age } } } book { animals { __typename ... on Dog { name } ... on Cat { name } } } }",
    ],
  },
  "provided fields of a member of a union": {
    schemas: {
      a: `type Query { works: [Work] @shareable } union Work = Book | Film type Book @key(fields: "id") { id: ID! } type Film @key(fields: "id") { id: ID! }`,
      b: `type Query { works: [Work] @shareable @provides(fields: "... on Book { title }") } union Work = Book | Film
          type Book @key(fields: "id") { id: ID!  title: String @external } type Film @key(fields: "id") { id: ID! }`,
      c: `type Book @key(fields: "id") { id: ID!  title: String @shareable } type Film @key(fields: "id") { id: ID!  title: String @shareable }`,
    },
    documents: [
      "{ works { ... on Book { id title } ... on Film { id } } }",
      "{ works { __typename ... on Book { title } ... on Film { title } } }",
    ],
  },
  "inaccessible elements": {
    schemas: {
      a: `type Query { people: [Person!]! } type Person @key(fields: "id") { id: ID  age: Int  salary: Int! @inaccessible }`,
      b: `type Query { friends: [Person!]! } enum Tie { FAMILY @inaccessible  FRIEND }
          type Person @key(fields: "id") { id: ID  friends(tie: Tie = FAMILY @inaccessible): [Person!]!  tie: Tie }`,
      c: `type Person @key(fields: "id") { id: ID  salary: Int! @external  tax: Int! @requires(fields: "salary") }`,
    },
    documents: ["{ people { id friends { id age tax } } }", "{ friends { tax friends { friends { age } } } }"],
  },
  "root fields that each subgraph resolves in part": {
    schemas: {
      a: `type Query { product: Product! @shareable  products: [Product!]! @shareable } type Product { id: ID! @shareable  kind: Kind } type Kind { id: ID!  name: String! }`,
      b: `type Query { product: Product! @shareable  products: [Product!]! @shareable } type Product { id: ID! @shareable  name: Name } type Name { brand: String!  model: String }`,
      c: `type Query { product: Product! @shareable  products: [Product!]! @shareable } type Product { id: ID! @shareable  price: Price } type Price { amount: Int!  in: String }`,
    },
    documents: [
      "{ product { id name { brand model } kind { id name } price { amount in } } }",
      "{ products { price { amount } name { model } id kind { name } } again: products { id } }",
    ],
  },
  "mutations that every subgraph has": {
    schemas: {
      a: `type Query { one: Label } type Mutation { add(name: String!): Label! @shareable  first: Int! } type Label @key(fields: "id") { id: ID! }`,
      b: `type Mutation { add(name: String!): Label! @shareable  second: Label } type Label @key(fields: "id") { id: ID!  name: String! }`,
      c: `type Mutation { third: Int } type Label @key(fields: "id") { id: ID!  colour: String }`,
    },
    documents: [
      'mutation { add(name: "x") { id name colour } }',
      'mutation { __typename first second { id name } t: __typename third add(name: "y") { __typename name } }',
    ],
  },
  "enums and inputs that each subgraph defines in part": {
    schemas: {
      a: `type Query { people(filter: Filter!): [Person!] } input Filter { first: Int! } type Person @key(fields: "id") { id: ID  role: Role @shareable } enum Role { USER }`,
      b: `type Query { byRole(role: Role!): [Person!]  all(filter: Filter): [Person!] } input Filter { first: Int!  offset: Int }
          type Person @key(fields: "id") { id: ID  role: Role @shareable  rank: Int } enum Role { USER  GUEST @inaccessible }`,
    },
    documents: [
      "{ people(filter: { first: 1 }) { id role rank } }",
      "{ byRole(role: USER) { id role } all { role rank } }",
      "query($filter: Filter = { first: 2 }) { all(filter: $filter) { id role } }",
    ],
  },
  "Federation 1: a type that is extended": {
    bare: true,
    schemas: {
      a: `type Query { any: User  provided: User @provides(fields: "name") } extend type User @key(fields: "id") { id: ID! @external  name: String! @external  rid: ID }`,
      b: `type Query { user(id: ID): User } type User @key(fields: "id") { id: ID!  name: String!  nick: String }`,
      c: `type Query { other: User } type User @key(fields: "id") @extends { id: ID! @external  nick: String @external  greeting: String @requires(fields: "nick") }`,
    },
    documents: [
      '{ any { id name } user(id: "2") { id name nick rid } }',
      "{ any { rid greeting } provided { id rid name greeting nick } other { greeting name } }",
    ],
  },
  "Federation 1: keys of external fields, of which one is enough": {
    bare: true,
    schemas: {
      a: `type Query { inA: Product } type Product @key(fields: "id") { id: ID!  name: String!  pid: ID }`,
      b: `type Query { inB: Product } extend type Product @key(fields: "id name") @key(fields: "upc") { id: ID! @external  name: String! @external  upc: String! @external  price: Float! }`,
    },
    documents: ["{ inA { id pid price upc name } inB { pid price upc } }"],
  },
};
