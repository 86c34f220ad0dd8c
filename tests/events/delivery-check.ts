/** One write of an aggregate, as its writer recorded it or as an event reports it. */
export interface Write {
  source: string;
  /** The aggregate. */
  key: string;
  /** The aggregate's version after the write, which is the write's position in the aggregate's order. */
  version: number;
  /** The operation that made the write. */
  operation: string;
  amount: number;
}

export interface Findings {
  /** Committed, and not delivered. */
  lost: Write[];
  /** Delivered, and not committed as it was delivered. */
  invented: Write[];
  /** Delivered for the first time after a later write of the same aggregate. */
  disordered: Write[];
  /** How many deliveries were repeats. */
  repeated: number;
}

const place = ({ source, key, version }: Write) => `${source}/${key}/${version}`;

/** Compares the writes that a follower received with those known to have been committed. The latter do not come from the product. */
export function checkDelivery(committed: readonly Write[], delivered: readonly Write[]): Findings {
  const findings: Findings = { lost: [], invented: [], disordered: [], repeated: 0 };
  const missing = new Map(committed.map((write) => [place(write), write]));
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  for (const write of delivered) {
    const at = place(write);
    if (seen.has(at)) {
      findings.repeated += 1;
      continue;
    }
    const known = missing.get(at);
    if (!known || known.operation !== write.operation || known.amount !== write.amount) {
      findings.invented.push(write);
      continue;
    }
    seen.add(at);
    missing.delete(at);
    const aggregate = `${write.source}/${write.key}`;
    if (write.version < (newest.get(aggregate) ?? 0)) findings.disordered.push(write);
    else newest.set(aggregate, write.version);
  }
  findings.lost.push(...missing.values());
  return findings;
}
