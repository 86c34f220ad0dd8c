/** One event of one entity, as a client is told it. */
export interface Told {
  /** `vm <id>`, `alert <id>`, `migration <id>` or `step <migration> <number>`. */
  entity: string;
  /** Unlike every other event of its entity, with what the entity was after it at the end: `<which> <state>`. */
  event: string;
}

/** The same as it was written. */
export interface Written extends Told {
  tenantId: string;
}

/** What one client was told, in order. */
export interface ClientLog {
  tenantId: string;
  told: readonly Told[];
}

export interface Verdict {
  /** Written and not told. */
  lost: string[];
  /** Told more than once. */
  repeated: string[];
  /** Told, and never written. */
  invented: string[];
  /** Entities whose events came in another order than they were written in. */
  disordered: string[];
  /** Of another tenant. */
  foreign: string[];
  /** Entities that are in the database not what they are to the client. */
  different: string[];
}

/** What is said of nobody. */
export const nothingLost: Verdict = {
  lost: [],
  repeated: [],
  invented: [],
  disordered: [],
  foreign: [],
  different: [],
};

/**
 * Compares what was written, in order per entity, with what one client was told, and with what the database holds in the end.
 * @param stored entity → its state, of the client's tenant
 */
export function judge(written: readonly Written[], client: ClientLog, stored: ReadonlyMap<string, string>): Verdict {
  const own = byEntity(written.filter(({ tenantId }) => tenantId === client.tenantId));
  const others = byEntity(written.filter(({ tenantId }) => tenantId !== client.tenantId));
  const told = byEntity(client.told.filter(({ entity }) => !others.has(entity)));
  const verdict: Verdict = {
    ...structuredClone(nothingLost),
    foreign: client.told.filter(({ entity }) => others.has(entity)).map(nameOf),
  };
  for (const [entity, events] of told) {
    const known = own.get(entity) ?? [];
    const seen = new Set<string>();
    for (const event of events) {
      if (seen.has(event)) verdict.repeated.push(`${entity}: ${event}`);
      if (!known.includes(event)) verdict.invented.push(`${entity}: ${event}`);
      seen.add(event);
    }
    const places = [...seen].map((event) => known.indexOf(event)).filter((place) => place >= 0);
    if (places.some((place, at) => at > 0 && place < (places[at - 1] ?? 0))) verdict.disordered.push(entity);
  }
  for (const [entity, events] of own) {
    const seen = new Set(told.get(entity));
    for (const event of events) if (!seen.has(event)) verdict.lost.push(`${entity}: ${event}`);
  }
  for (const [entity, state] of stored) {
    const last = told.get(entity)?.at(-1)?.split(" ").at(-1);
    // What nobody has changed the client was not told of.
    if (own.has(entity) && last !== state) verdict.different.push(`${entity}: ${last} is ${state}`);
  }
  return verdict;
}

function byEntity(events: readonly Told[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { entity, event } of events) {
    const own = found.get(entity) ?? [];
    found.set(entity, own);
    own.push(event);
  }
  return found;
}

const nameOf = ({ entity, event }: Told): string => `${entity}: ${event}`;
