import { composeServices } from "@apollo/composition";
import { type DocumentNode, parse } from "graphql";
import { type AskSubgraph, mockSubgraph } from "./mock-subgraph.ts";

export interface MockSupergraph {
  sdl: string;
  schemas: Readonly<Record<string, DocumentNode>>;
  subgraphs: Readonly<Record<string, AskSubgraph>>;
}

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@requires", "@provides", "@external",
  "@shareable", "@override", "@inaccessible", "@interfaceObject"])\n`;

function supergraph(schemas: Readonly<Record<string, string>>): MockSupergraph {
  const services = Object.entries(schemas).map(([name, sdl]) => ({
    name,
    typeDefs: parse(head + sdl),
    url: `http://${name}`,
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  const subgraphs = Object.entries(schemas).map(([name, sdl]) => [name, mockSubgraph(head + sdl)] as const);
  return {
    sdl: supergraphSdl,
    schemas: Object.fromEntries(services.map(({ name, typeDefs }) => [name, typeDefs])),
    subgraphs: Object.fromEntries(subgraphs),
  };
}

/** `@requires` over several steps and into objects, `@provides`, `@override`, `@inaccessible`, unions, non-null fields, mutations. */
export const shopSchemas = {
  products: `
      type Query { product(id: ID): Product  products(first: Int = 2): [Product!]!  node: Node  anything: [Thing]  matrix: [[Product]!] }
      type Mutation { rename(name: String!): Product  discount: Product! }
      interface Node { id: ID! }
      union Thing = Product | Brand
      type Product implements Node @key(fields: "id") {
        id: ID!  name: String!  price: Float  size: Size!  weight: Int  brand: Brand  brands(first: Int): [Brand!]  raw: JSON  old: String
        secret: String @inaccessible
      }
      type Size @shareable { width: Int!  height: Int!  unit: Unit @inaccessible }
      enum Unit { MM CM INCH @inaccessible }
      scalar JSON
      type Brand implements Node @key(fields: "id") { id: ID!  title: String @shareable }`,
  stock: `
      type Query { warehouses: [Warehouse]  fullest: Warehouse! }
      type Mutation { restock(count: Int!): Warehouse }
      type Warehouse @key(fields: "id") { id: ID!  city: String!  products: [Product!]  brand: Brand @provides(fields: "title")  manager: Person }
      type Product @key(fields: "id") {
        id: ID!  price: Float @external  weight: Int @external  size: Size! @external
        shipping: Int @requires(fields: "price weight")
        box: String @requires(fields: "size { width height }")
        inStock: Boolean!  delivery: Delivery
      }
      type Size @shareable { width: Int!  height: Int! }
      type Delivery { days: Int!  fee: Float  by: Person! }
      type Person @key(fields: "id") { id: ID!  name: String! @shareable }
      type Brand @key(fields: "id") { id: ID!  title: String @external  old: String }`,
  reviews: `
      type Query { reviews: [Review!]  anybody: Actor }
      interface Actor { id: ID!  name: String }
      type Person implements Actor @key(fields: "id") { id: ID!  name: String! @shareable  reviews(first: Int): [Review]  friends: [Person!] }
      type Bot implements Actor @key(fields: "id") { id: ID!  name: String  version: Int }
      type Review { id: ID!  stars: Int!  body: String  author: Actor  about: Subject  product: Product }
      union Subject = Product | Bot
      type Product @key(fields: "id") {
        id: ID!  shipping: Int @external  reviews: [Review!]  score: Float!  old: String @override(from: "products")
        worth: String @requires(fields: "shipping")
      }`,
};

/** `@interfaceObject` on both sides, interfaces of interfaces, entities with several keys, shared value types. */
export const mediaSchemas = {
  catalogue: `
      type Query { media: Media  all(kind: Kind): [Media!]  titles: [Titled]  film(id: ID!): Film  shelf: Shelf! }
      enum Kind { FILM SONG }
      interface Titled { title: String }
      interface Media implements Titled @key(fields: "id") { id: ID!  title: String  kind: Kind! }
      type Film implements Media & Titled @key(fields: "id") { id: ID!  title: String  kind: Kind!  minutes: Int  sequel: Film  money: Money @shareable }
      type Song implements Media & Titled @key(fields: "id") @key(fields: "code") { id: ID!  code: String!  title: String  kind: Kind!  bars: Int! }
      type Shelf { items: [[Media!]!]!  best: Media!  nested: [Shelf!] }
      type Money @shareable { amount: Float!  currency: String }`,
  ratings: `
      type Query { topRated: [Media]  raters: [Rater!] }
      type Media @key(fields: "id") @interfaceObject { id: ID!  rating: Float  ratings(first: Int): [Rating!]!  kind: Kind! @external
        fame: String @requires(fields: "kind") }
      enum Kind { FILM SONG }
      type Rating { score: Int!  by: Rater  of: Media! }
      type Rater @key(fields: "id") { id: ID!  nick: String!  favourite: Media  money: Money }
      type Money @shareable { amount: Float!  currency: String }`,
  charts: `
      type Query { chart: [Song] }
      type Song @key(fields: "code") { code: String!  rank: Int  weeks: [Int!] }
      type Film @key(fields: "id") { id: ID!  money: Money @shareable  gross: Float }
      type Rater @key(fields: "id") { id: ID!  badges: [String!]! }
      type Money @shareable { amount: Float!  currency: String }`,
};

/** `@requires` with arguments: several for one field, in objects and lists, of interfaces, one after the other. */
export const pricesSchemas = {
  goods: `
      type Query { item(id: ID): Item  items(first: Int = 2): [Item!]!  priced: [Priced] }
      enum Currency { USD EUR }
      enum Unit { MM INCH }
      interface Priced { id: ID!  price(currency: Currency = USD, net: Boolean): Float }
      type Item implements Priced @key(fields: "id") {
        id: ID!  name: String  price(currency: Currency = USD, net: Boolean): Float  size: Size  parts(first: Int): [Part!]
      }
      type Service implements Priced @key(fields: "id") { id: ID!  price(currency: Currency = USD, net: Boolean): Float  hours: Int! }
      type Size @shareable { width(unit: Unit): Int!  colour: String }
      type Part { weight(unit: Unit): Int  size: Size }
      type Seller @key(fields: "id") { id: ID!  favourite: Priced }`,
  shops: `
      type Query { shelf: [Item!]  best: Offer }
      enum Currency { USD EUR }
      enum Unit { MM INCH }
      type Item @key(fields: "id") {
        id: ID!  price(currency: Currency = USD, net: Boolean): Float @external
        size: Size @external  parts(first: Int): [Part!] @external  stock: Int
        shipping(express: Boolean): Int @requires(fields: "price(currency: USD)")
        duty: Int @requires(fields: "price(currency: EUR, net: true)")
        bare: Int @requires(fields: "price")
        offers(first: Int): [Offer!] @requires(fields: "price(currency: EUR)")
        box: String @requires(fields: "size { width(unit: MM) }")
        crate: String @requires(fields: "size { width(unit: INCH) colour } parts(first: 2) { weight(unit: INCH) size { width } }")
      }
      type Service @key(fields: "id") {
        id: ID!  price(currency: Currency = USD, net: Boolean): Float @external  fee: Int @requires(fields: "price(currency: EUR)")
      }
      type Size @shareable { width(unit: Unit): Int!  colour: String }
      type Part { weight(unit: Unit): Int @external  size: Size @external }
      type Offer { item: Item  seller: Seller  discount(percent: Int): Int!  worth: Worth }
      type Worth { amount: Int  seller: Seller! }
      type Seller @key(fields: "id") { id: ID!  name: String! }`,
  people: `
      type Query { sellers: [Seller!] }
      enum Currency { USD EUR }
      interface Priced { id: ID!  price(currency: Currency = USD, net: Boolean): Float }
      type Item implements Priced @key(fields: "id") {
        id: ID!  price(currency: Currency = USD, net: Boolean): Float @external  shipping(express: Boolean): Int @external
        urgency: Int @requires(fields: "shipping(express: true)")
        calm: Int @requires(fields: "shipping")
      }
      type Service implements Priced @key(fields: "id") { id: ID!  price(currency: Currency = USD, net: Boolean): Float @external }
      type Seller @key(fields: "id") {
        id: ID!  rating: Float  favourite: Priced @external
        taste: Int @requires(fields: "favourite { price(currency: USD) }")
        thrift: String @requires(fields: "favourite { price(currency: EUR, net: false) id }")
      }`,
};

/** Keys of one name and several types, which one call cannot select under that name; `@provides` and `@override` everywhere. */
export const zooSchemas = {
  keepers: `
      type Query { animals(first: Int): [Animal!]  pet: Animal  pets: [[Animal]]  owners: [Owner!] @provides(fields: "nick") }
      union Animal = Cat | Dog | Bird
      type Cat @key(fields: "code") { code: String!  name: String!  weight: Int  friend: Animal  owner: Owner @provides(fields: "nick") }
      type Dog @key(fields: "code") { code: Int!  tag: String  weight: Int  owner: Owner @provides(fields: "nick town") }
      type Bird @key(fields: "code") { code: Float!  song: String  weight: Int  owner: Owner }
      type Owner @key(fields: "id") { id: ID!  nick: String @external  town: String @external }`,
  vets: `
      type Query { patients: [Patient]  worst: Patient }
      union Patient = Cat | Dog
      type Cat @key(fields: "code") { code: String!  health: Float!  weight: Int @override(from: "keepers")  vet: Owner @provides(fields: "town") }
      type Dog @key(fields: "code") { code: Int!  health: Float!  weight: Int @override(from: "keepers")  vet: Owner @provides(fields: "nick") }
      type Bird @key(fields: "code") { code: Float!  health: Float!  weight: Int @override(from: "keepers") }
      type Owner @key(fields: "id") { id: ID!  nick: String @external  town: String @external }`,
  people: `
      type Query { people: [Owner] }
      union Loved = Dog | Cat | Bird
      type Owner @key(fields: "id") { id: ID!  nick: String @shareable  town: String @shareable  email: String!  loves: [Loved!] }
      type Dog @key(fields: "code") { code: Int!  fans: Int }
      type Cat @key(fields: "code") { code: String!  fans: Int  fanClub: [Owner] }
      type Bird @key(fields: "code") { code: Float!  fans: Int }`,
};
export const shop = (): MockSupergraph => supergraph(shopSchemas);
export const media = (): MockSupergraph => supergraph(mediaSchemas);
