import { exampleOf, examples, expectedAtOnce } from "#tests/mutations/examples.ts";
import { atOnceSuite } from "./at-once-suite.ts";

/** What two copies of a request may do to each other. One mutation of each kind is sent here, and each mutation by `npm run test:long`. */
const kindOf = (name: string): string => {
  const { atLeast, atMost } = expectedAtOnce(name, 2);
  return JSON.stringify([exampleOf(name).hashes, atLeast, atMost]);
};

atOnceSuite([...new Map(Object.keys(examples).map((name) => [kindOf(name), name])).values()]);
