/**
 * Chooses how much a long test tries. `npm run test:long` runs a selection that covers each kind of fault, with the same seeds in each run; `npm run
 * test:sweep` runs everything, with new seeds.
 */
const isSweep = process.env["NOVACRON_TESTS"] === "sweep";

export const extent = <Size>(covering: Size, whole: Size): Size => (isSweep ? whole : covering);

/** The seed of random draws: that of the covering selection, a new one in each sweep, or `NOVACRON_SEED`, to repeat a run. */
export const seed = Number(process.env["NOVACRON_SEED"] ?? extent(1, Date.now() % 1_000_000_000));

/** Returns one of `share` items, evenly spread: `npm test` tries some of what `npm run test:long` tries as a whole. */
export const oneOf = <Item>(share: number, items: readonly Item[]): Item[] => items.filter((_, at) => at % share === 0);
