/**
 * How much a long test tries: in `npm run test:long` a choice that covers each kind of fault, with the same seeds in each run; in
 * `npm run test:sweep` all of it, with new ones.
 */
const isSweep = process.env["NOVACRON_TESTS"] === "sweep";

export const extent = <Size>(covering: Size, whole: Size): Size => (isSweep ? whole : covering);

/** Of what is drawn at random: the covering choice's own, a new one of each sweep, or what `NOVACRON_SEED` says, to repeat a run. */
export const seed = Number(process.env["NOVACRON_SEED"] ?? extent(1, Date.now() % 1_000_000_000));
