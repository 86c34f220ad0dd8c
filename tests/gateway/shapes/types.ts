import type { Shape } from "./shape.ts";

const page = "id title";

/** Supergraphs that differ in types and requirements: unions and interfaces that subgraphs know in part, requirements of requirements and of fragments. */
export const typeShapes: Readonly<Record<string, Shape>> = {
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
  "interfaces with a field of their own type": {
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
  "circular requirements between subgraphs": {
    schemas: {
      a: `type Query { feed: [Post] } type Post @key(fields: "id") { id: ID!  novice: Boolean! @external  expert: Boolean! @requires(fields: "novice") }
          type Author @key(fields: "id") { id: ID!  name: String!  years: Int! }`,
      b: `type Post @key(fields: "id") { id: ID!  author: Author!  novice: Boolean! @requires(fields: "author { years }") }
          type Author @key(fields: "id") { id: ID!  years: Int! @external }`,
    },
    documents: ["{ feed { novice } }", "{ feed { expert } }", "{ feed { expert author { name years } novice } }"],
  },
  "requirements with fragments on interfaces, some of hidden types": {
    schemas: {
      a: `type Query { a: Entity } type Entity @key(fields: "id") { id: ID!  data: Foo } interface Foo { foo: String! } interface Bar implements Foo { foo: String!  bar: String! }
          type Baz implements Foo & Bar @shareable { foo: String!  bar: String!  baz: String! } type Qux implements Foo & Bar @shareable { foo: String!  bar: String!  qux: String! }`,
      b: `type Query { b: Entity  c: Entity } type Entity @key(fields: "id") { id: ID!  data: Foo @external
            one: String! @requires(fields: "data { foo ... on Bar { bar ... on Baz { baz } ... on Qux { qux } } }")  two: String! @requires(fields: "data { ... on Foo { foo } }") }
          interface Foo { foo: String! } interface Bar implements Foo { foo: String!  bar: String! }
          type Baz implements Foo & Bar @shareable { foo: String!  bar: String!  baz: String! } type Qux implements Foo & Bar @shareable { foo: String!  bar: String!  qux: String! }`,
    },
    documents: [
      "{ a { one } b { two } }",
      "{ b { data { __typename foo } one } c { two data { ... on Qux { qux } } } }",
    ],
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
  "entities whose key fields come from several other subgraphs": {
    schemas: {
      link: `type Product @key(fields: "id") @key(fields: "id pid") { id: ID!  pid: ID! }`,
      list: `type Query { products: [Product!]! } type Product @key(fields: "id") { id: ID!  group: Group @shareable } type Group @key(fields: "id") { id: ID!  tag: ID! @shareable  main: Product }`,
      price: `type Product @key(fields: "id pid group { id tag }") { id: ID!  pid: ID!  group: Group @shareable  price: Int } type Group @key(fields: "id tag") { id: ID!  tag: ID! }`,
    },
    documents: ["{ products { id pid price group { id tag main { price } } } }"],
  },
  "a value that two subgraphs return for one parent": {
    schemas: {
      a: `type Product @key(fields: "id") { id: ID @external  group: Group @shareable } type Group { details: String }`,
      b: `type Product @key(fields: "id") { id: ID @external  group: Group @shareable } type Group { id: ID @shareable }`,
      c: `type Group @key(fields: "id") { id: ID  name: String }`,
      d: `type Query { product(id: ID!): Product } type Product @key(fields: "id") { id: ID  name: String }`,
    },
    documents: ['{ product(id: "1") { id name group { id name details } } }'],
  },
  "only the name of the type": {
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
  "unions with different members in each subgraph": {
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
      "{ book { ... on Book { id } } }",
      "{ viewer { work { __typename ... on Song { title aTitle } ... on Film { title bTitle } ... on Book { title aTitle bTitle } } } }",
      "{ viewer { book { ... on Book { aTitle bTitle } } song { __typename ... on Song { title } ... on Film { bTitle } } } aWork { ... on Film { title } } }",
      "{ viewer { aWork { ... on Film { bTitle } ... on Book { bTitle } } bWork { ... on Film { title bTitle } ... on Song { aTitle } } } }",
    ],
  },
  "interfaces and unions whose members implement different interfaces in each subgraph": {
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
  "nodes whose id a subgraph does not resolve for every type": {
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
  "an object of an interface that another subgraph extends by its object type": {
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
