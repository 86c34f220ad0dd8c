export const kinds = ["vm", "alert", "migration", "step"] as const;
export type Kind = (typeof kinds)[number];

/** One change of one entity. The numbers of an entity's changes grow. */
export interface Change {
  tenantId: string;
  /** The kind and the id of the entity. */
  entity: string;
  number: number;
  /** The state of the entity after the change, as its domain writes it. */
  state: string;
}

/** The changes that one client received, in order of receipt. */
export interface CheckedClient {
  name: string;
  tenantId: string;
  received: readonly Omit<Change, "tenantId">[];
}

export interface Record {
  /** Every change that was committed, in the order of each entity. */
  written: readonly Change[];
  clients: readonly CheckedClient[];
  /** The final states in the database, by entity. */
  final: ReadonlyMap<string, string>;
}

/** Returns how many changes the clients have not received yet, whatever else they received. */
export function missing({ written, clients }: Pick<Record, "written" | "clients">): number {
  let count = 0;
  for (const { tenantId, received } of clients) {
    const known = new Set(received.map(keyOf));
    for (const change of written) if (change.tenantId === tenantId && !known.has(keyOf(change))) count += 1;
  }
  return count;
}

/** Returns, as sentences, every difference between what clients received and what was written; none if each received all of it, once, and in order. */
export const complaints = ({ written, clients, final }: Record): string[] => [
  ...wrongEnds("the log of writes", written, final),
  ...clients.flatMap((client) => [...about(client, written), ...wrongEnds(client.name, client.received, final)]),
];

const keyOf = ({ entity, number }: Pick<Change, "entity" | "number">): string => `${entity} #${number}`;

function about({ name, tenantId, received }: CheckedClient, written: readonly Change[]): string[] {
  const expected = new Map(written.map((change) => [keyOf(change), change]));
  const found: string[] = [];
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  for (const change of received) {
    const key = keyOf(change);
    const meant = expected.get(key);
    if (!meant) found.push(`${name} received ${key}, which was never written`);
    else if (meant.tenantId !== tenantId) found.push(`${name} received ${key} of another tenant`);
    else if (meant.state !== change.state)
      found.push(`${name} received ${key} as ${change.state}, but it was written as ${meant.state}`);
    const before = newest.get(change.entity) ?? -1;
    if (seen.has(key)) found.push(`${name} received ${key} twice`);
    else if (change.number < before) found.push(`${name} received ${key} after #${before}`);
    newest.set(change.entity, Math.max(before, change.number));
    seen.add(key);
  }
  for (const [key, change] of expected)
    if (change.tenantId === tenantId && !seen.has(key)) found.push(`${name} never received ${key}`);
  return found;
}

/** Returns the entities whose last change does not lead to the state in the database. */
function wrongEnds(
  name: string,
  changes: readonly Omit<Change, "tenantId">[],
  final: ReadonlyMap<string, string>,
): string[] {
  const last = new Map(changes.map(({ entity, state }) => [entity, state]));
  return [...last]
    .filter(([entity, state]) => final.get(entity) !== state)
    .map(
      ([entity, state]) => `according to ${name}, ${entity} is ${state}; in the database it is ${final.get(entity)}`,
    );
}
