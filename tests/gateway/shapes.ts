import type { Schemas } from "./differential/supergraph-from.ts";

export interface Shape {
  schemas: Schemas;
  documents: readonly string[];
  /** Without the head that links Federation 2: the subgraphs have their own, or are of Federation 1. */
  bare?: boolean;
  /** There are documents that have no plan, though they are valid. */
  partly?: boolean;
}

const page = "id title";

const labelled = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override", "@requires", "@external"])\n`;

/** Shapes of supergraphs that gateways are known to get wrong, each with documents that come upon the difficulty. */
export const shapes: Readonly<Record<string, Shape>> = {
  "a field that another subgraph takes over": {
    schemas: {
      old: `type Query { parts: [Part] @shareable  oldest: Part } type Part @key(fields: "id") { id: ID!  made: String!  price: Int }`,
      new: `type Query { parts: [Part] @shareable  newest: Part } type Part @key(fields: "id") { id: ID!  made: String! @override(from: "old") }`,
    },
    documents: ["{ parts { made } oldest { made price } newest { made price } }"],
  },
  "a field that is taken over from a subgraph that is not there": {
    schemas: {
      a: `type Query { parts: [Part] @shareable  first: Part } type Part @key(fields: "id") { id: ID!  made: String! @shareable }`,
      b: `type Query { parts: [Part] @shareable  last: Part }
          type Part @key(fields: "id") { id: ID!  made: String! @override(from: "gone") @shareable  weight: Int }`,
    },
    documents: ["{ parts { made weight } first { made } last { made weight } }"],
  },
  "a field of an interface that is taken over for one type": {
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
  "fields that another subgraph is to take over step by step": {
    bare: true,
    schemas: {
      a: `${labelled} type Query { old: Part } type Part @key(fields: "id") { id: ID!  made: String!  price: Int  weight: Int }`,
      b: `${labelled} type Query { new: Part } type Part @key(fields: "id") { id: ID!  made: String! @override(from: "a", label: "percent(50)")
        price: Int @override(from: "a", label: "later")  weight: Int @external  shipping: Int @requires(fields: "weight") }`,
      c: `${labelled} type Part @key(fields: "id") { id: ID!  made: String! @external  age: Int @requires(fields: "made") }`,
    },
    documents: ["{ old { id made price shipping age } new { made price age shipping } }", "{ new { made } }"],
  },
  "what is taken over is required by both": {
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
  "provided objects within provided objects": {
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
  "fields provided of an interface, and of one type behind it": {
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
  "fields provided of a member of a union": {
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
  "elements that clients do not see": {
    schemas: {
      a: `type Query { people: [Person!]! } type Person @key(fields: "id") { id: ID  age: Int  salary: Int! @inaccessible }`,
      b: `type Query { friends: [Person!]! } enum Tie { FAMILY @inaccessible  FRIEND }
          type Person @key(fields: "id") { id: ID  friends(tie: Tie = FAMILY @inaccessible): [Person!]!  tie: Tie }`,
      c: `type Person @key(fields: "id") { id: ID  salary: Int! @external  tax: Int! @requires(fields: "salary") }`,
    },
    documents: ["{ people { id friends { id age tax } } }", "{ friends { tax friends { friends { age } } } }"],
  },
  "root fields that every subgraph has a part of": {
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
  "enums and inputs that subgraphs know parts of": {
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
  "one type as an entity and as a value, with another nullability": {
    schemas: {
      a: `type Query { users: [User!]! } type User { id: ID @shareable }`,
      b: `type Query { accounts: [Account!]! } union Account = User | Admin
          type User @key(fields: "id") { id: ID!  name: String  alike: [Account!]! } type Admin { id: ID  name: String @shareable  alike: [Account!]! }`,
    },
    documents: [
      "{ users { id } accounts { ... on User { id name } ... on Admin { id name } } }",
      `{ accounts { ... on User { id alike { ... on User { id name alike { ... on Admin { id } ... on User { id } } } ... on Admin { id name } } }
         ... on Admin { id alike { ... on User { id name } ... on Admin { id alike { ... on User { name } } } } } } }`,
    ],
  },
  "interfaces that lead back to themselves": {
    schemas: {
      a: `type Query { product: Product } interface Product { alike: Product } type Book implements Product @key(fields: "id") { id: ID!  alike: Book @provides(fields: "price")  price: Float @external }`,
      b: `type Book @key(fields: "id") { id: ID!  price: Float @shareable  pages: Int }`,
    },
    documents: [
      "{ product { alike { ... on Product { alike { __typename } } } } }",
      `{ product { __typename alike { __typename ... on Book { id } alike { __typename ... on Book { id pages } } }
         ... on Book { __typename id price alike { id price pages } } } }`,
    ],
  },
  "conditions on fields that require others": {
    schemas: {
      a: `type Query { product: Product } type Product @key(fields: "id") { id: ID!  price: Float! }`,
      b: `type Product @key(fields: "id") { id: ID!  price: Float! @external  dear: Boolean! @requires(fields: "price") }`,
      c: `type Product @key(fields: "id") { id: ID!  dear: Boolean! @external  x: Int! @requires(fields: "dear")  y: Int! @requires(fields: "dear") }`,
    },
    documents: ["true", "false"].flatMap((value) => [
      `query($if: Boolean! = ${value}) { product { price x @include(if: $if) y @skip(if: $if) } }`,
      `query($if: Boolean! = ${value}) { product { ... @include(if: $if) { dear x } ... on Product @skip(if: $if) { y } } }`,
    ]),
  },
  "requirements of requirements": {
    schemas: {
      a: `type Product @key(fields: "id") { id: ID!  price: Float! @inaccessible  sale: Boolean! }`,
      b: `type Query { product: Product } type Product @key(fields: "id") { id: ID!  sale: Boolean! @external  cheap: Boolean! @requires(fields: "sale") }`,
      c: `type Product @key(fields: "id") { id: ID!  price: Float! @external  dear: Boolean! @requires(fields: "price") }`,
      d: `type Product @key(fields: "id") { id: ID!  dear: Boolean! @external  cheap: Boolean! @external
          payable: Boolean! @requires(fields: "dear")  bargain: Boolean! @requires(fields: "cheap")  both: Int @requires(fields: "dear cheap") }`,
      e: `type Product @key(fields: "id") { id: ID!  payable: Boolean! @external  advice: String @requires(fields: "payable") }`,
    },
    documents: [
      "{ product { payable } }",
      "{ product { bargain both } }",
      "{ product { advice payable bargain dear cheap both } }",
    ],
  },
  "requirements in a circle of subgraphs": {
    schemas: {
      a: `type Query { feed: [Post] } type Post @key(fields: "id") { id: ID!  novice: Boolean! @external  expert: Boolean! @requires(fields: "novice") }
          type Author @key(fields: "id") { id: ID!  name: String!  years: Int! }`,
      b: `type Post @key(fields: "id") { id: ID!  author: Author!  novice: Boolean! @requires(fields: "author { years }") }
          type Author @key(fields: "id") { id: ID!  years: Int! @external }`,
    },
    documents: ["{ feed { novice } }", "{ feed { expert } }", "{ feed { expert author { name years } novice } }"],
  },
  "requirements with fragments of interfaces, some of hidden types": {
    schemas: {
      a: `type Query { a: Entity } type Entity @key(fields: "id") { id: ID!  data: Foo } interface Foo { foo: String! } interface Bar implements Foo { foo: String!  bar: String! }
          type Baz implements Foo & Bar @shareable { foo: String!  bar: String!  baz: String! } type Qux implements Foo & Bar @shareable { foo: String!  bar: String!  qux: String! }`,
      b: `type Query { b: Entity  c: Entity } type Entity @key(fields: "id") { id: ID!  data: Foo @external
            one: String! @requires(fields: "data { foo ... on Bar { bar ... on Baz { baz } ... on Qux { qux } } }")  two: String! @requires(fields: "data { ... on Foo { foo } }") }
          interface Foo { foo: String! } interface Bar implements Foo { foo: String!  bar: String! }
          type Baz implements Foo & Bar @shareable { foo: String!  bar: String!  baz: String! } type Qux implements Foo & Bar @shareable { foo: String!  bar: String!  qux: String! }`,
    },
    documents: ["{ a { one } b { two } }", "{ b { data { __typename foo } one } c { two data { ... on Qux { qux } } } }"],
  },
  "requirements of interfaces": {
    schemas: {
      a: `type Query { a: User } interface Address { id: ID! } type Home implements Address @key(fields: "id") { id: ID!  city: String @shareable }
          type Work implements Address @key(fields: "id") { id: ID!  city: String @shareable }
          type User @key(fields: "id") { id: ID!  name: String! @shareable  address: Address @external  city: String @requires(fields: "address { id }")
            land: String @requires(fields: "address { ... on Work { id } }") }`,
      b: `type Query { b: User } interface Address { id: ID! } type Home implements Address @key(fields: "id") { id: ID!  city: String @shareable }
          type Work implements Address @key(fields: "id") { id: ID!  city: String @shareable } type Second implements Address @key(fields: "id") { id: ID!  city: String @shareable }
          type User @key(fields: "id") { id: ID!  name: String! @shareable  address: Address @shareable }`,
    },
    documents: ["{ a { city } }", "{ b { city } a { land } }", "{ a { address { __typename id } } b { land name } }"],
  },
  "entities found by what other subgraphs bring of their keys": {
    schemas: {
      link: `type Product @key(fields: "id") @key(fields: "id pid") { id: ID!  pid: ID! }`,
      list: `type Query { products: [Product!]! } type Product @key(fields: "id") { id: ID!  group: Group @shareable } type Group @key(fields: "id") { id: ID!  tag: ID! @shareable  main: Product }`,
      price: `type Product @key(fields: "id pid group { id tag }") { id: ID!  pid: ID!  group: Group @shareable  price: Int } type Group @key(fields: "id tag") { id: ID!  tag: ID! }`,
    },
    documents: ["{ products { id pid price group { id tag main { price } } } }"],
  },
  "a value that two subgraphs make of one parent": {
    schemas: {
      a: `type Product @key(fields: "id") { id: ID @external  group: Group @shareable } type Group { details: String }`,
      b: `type Product @key(fields: "id") { id: ID @external  group: Group @shareable } type Group { id: ID @shareable }`,
      c: `type Group @key(fields: "id") { id: ID  name: String }`,
      d: `type Query { product(id: ID!): Product } type Product @key(fields: "id") { id: ID  name: String }`,
    },
    documents: ['{ product(id: "1") { id name group { id name details } } }'],
  },
  "the type's name alone": {
    schemas: {
      a: `type Query { either: Either  node: Node } union Either = Oven | Toaster interface Node { id: ID! }
          type Oven implements Node { id: ID! } type Toaster implements Node { id: ID! }
          interface User @key(fields: "id") { id: ID! } type Admin implements User @key(fields: "id") { id: ID!  chief: Boolean! } type Guest implements User @key(fields: "id") { id: ID! }`,
      b: `type Query { users: [User] } type User @interfaceObject @key(fields: "id") { id: ID!  name: String! }`,
    },
    documents: [
      "{ __typename either { __typename name: __typename } node { id t: __typename __typename } }",
      "{ either { __typename ... on Oven { t: __typename } ... on Toaster { t: __typename } } users { __typename } }",
      "{ users { name t: __typename ... on Admin { chief } } q: __typename }",
    ],
  },
  "unions of which subgraphs know different members": {
    schemas: {
      a: `type Query { work: Work @shareable  aWork: Work @shareable  book: Book @shareable  song: Work @shareable  viewer: Viewer @shareable } union Work = Book | Song
          type Book @key(fields: "id") { id: ID!  title: String! @shareable  aTitle: String! } type Song @key(fields: "id") { id: ID!  title: String! @shareable  aTitle: String! }
          type Viewer { work: Work @shareable  aWork: Work  book: Book @shareable  song: Work @shareable }`,
      b: `type Query { work: Work @shareable  bWork: Work @shareable  book: Work @shareable  viewer: Viewer @shareable } union Work = Book | Film
          type Film @key(fields: "id") { id: ID!  title: String! @shareable  bTitle: String! } type Book @key(fields: "id") { id: ID!  title: String! @shareable  bTitle: String! }
          type Viewer { work: Work @shareable  bWork: Work  book: Work @shareable }`,
    },
    documents: [
      "{ work { ... on Film { title } } }",
      "{ viewer { work { __typename ... on Song { title aTitle } ... on Film { title bTitle } ... on Book { title aTitle bTitle } } } }",
      "{ viewer { book { ... on Book { aTitle bTitle } } song { __typename ... on Song { title } ... on Film { bTitle } } } aWork { ... on Film { title } } }",
      "{ viewer { aWork { ... on Film { bTitle } ... on Book { bTitle } } bWork { ... on Film { title bTitle } ... on Song { aTitle } } } }",
    ],
  },
  "interfaces and unions whose members subgraphs know by different interfaces": {
    schemas: {
      a: `type Query { products: [Product]  nodes: [Node]  toasters: [Toaster] } union Product = Oven | Toaster interface Node { id: ID! } interface Warranted { years: Int }
          type Oven @key(fields: "id") { id: ID! } type Toaster implements Node & Warranted @key(fields: "id") { id: ID!  years: Int }`,
      b: `interface Node { id: ID! } interface Warranted { years: Int } type Oven implements Node & Warranted @key(fields: "id") { id: ID!  years: Int }`,
    },
    documents: [
      "{ products { ... on Node { id } } nodes { ... on Toaster { years } ... on Oven { id } } }",
      "{ nodes { ... on Node { id ... on Node { ... on Warranted { years } } } } products { ... on Warranted { years } } }",
      "{ toasters { ...T ...N } } fragment T on Toaster { id } fragment N on Node { id __typename }",
    ],
  },
  "nodes whose id a subgraph does not have of every type": {
    partly: true,
    schemas: {
      a: `type Query { node: Node @shareable  account: Account } interface Node { id: ID! }
          type Account implements Node @key(fields: "id") { id: ID!  name: String! } type Chat implements Node @key(fields: "id") { id: ID! @external  account: Account! }`,
      b: `type Query { node: Node @shareable  chat: Chat } interface Node { id: ID! }
          type Account implements Node @key(fields: "id") { id: ID! @external  chats: [Chat!]! } type Chat implements Node @key(fields: "id") { id: ID!  text: String! }`,
    },
    documents: [
      "{ node { __typename } }",
      "{ node { ... on Account { id name chats { text } } ... on Chat { id text account { name } } } }",
      "{ chat { id account { id name } } account { name chats { id text account { chats { text } } } } }",
    ],
  },
  "an interface's object that another subgraph extends by its type": {
    schemas: {
      a: `type Query { medium: Medium } interface Medium @key(fields: "id") { id: ID!  title: String }
          type Video implements Medium @key(fields: "id") { id: ID!  title: String  length: Int } type Article implements Medium @key(fields: "id") { id: ID!  title: String  words: Int }`,
      b: `type Query { author: Author } type Author @key(fields: "id") { id: ID!  name: String } type Video @key(fields: "id") { id: ID!  authorName: String }`,
      c: `type Query { list: List } type List @key(fields: "id") { id: ID!  medium: Medium } type Medium @key(fields: "id") @interfaceObject { id: ID!  plays: Int }`,
    },
    documents: [
      `{ medium { ${page} plays ... on Video { length authorName } ... on Article { words } } list { medium { ${page} ... on Video { length authorName plays } } } }`,
      "{ list { medium { __typename ... on Article { words plays } } } author { name } }",
    ],
  },
};
