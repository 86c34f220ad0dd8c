/** A made-up fleet in which the number of a VM determines all its values. */

const numberIn = (id: string): number => Number(id.slice(id.lastIndexOf("-") + 1));

// A user has two VMs; a node and a region have five. Their number grows with `first`, so that two pages never request the same ones.
export const vmOf = (at: number) => ({
  id: `vm-${at}`,
  name: `web-${at}.example.test`,
  state: at % 7 === 0 ? "STOPPED" : "RUNNING",
  cpu: 1_000 * (1 + (at % 8)),
  memory: 2 ** 30 * (1 + (at % 16)),
  owner: { id: `user-${Math.floor(at / 2)}` },
  region: { id: `region-${Math.floor(at / 5)}` },
});

export const userOf = (id: string) => ({
  __typename: "User",
  id,
  name: `user ${numberIn(id)}`,
  email: `${id}@example.test`,
});

export const regionOf = (id: string) => ({
  __typename: "Region",
  id,
  name: id,
  provider: ["aws", "azure", "gcp"][numberIn(id) % 3],
});

export const nodeOf = (id: string) => ({
  __typename: "Node",
  id,
  name: `${id}.example.test`,
  zone: `zone-${numberIn(id) % 3}`,
});

export const metricsOf = (id: string) => {
  const at = numberIn(id);
  return {
    time: "2026-01-01T00:00:00.000Z",
    cpuPercent: (at * 37) % 100,
    memoryBytes: 2 ** 28 * (1 + (at % 4)),
    networkBytes: at * 1_024,
    cpuSeries: Array.from({ length: 12 }, (_, point) => ((at + point) * 13) % 100),
  };
};

export const allocationOf = (id: string) => {
  const at = numberIn(id);
  return {
    id: `allocation-${at}`,
    status: "ACTIVE",
    cpu: 1_000,
    memory: 2 ** 30,
    node: { id: `node-${Math.floor(at / 5)}` },
  };
};

export const migrationsOf = (id: string) => [
  {
    id: `migration-${numberIn(id)}`,
    kind: "LIVE",
    steps: ["PREPARE", "COPY", "SWITCH"].map((name, at) => ({ number: at + 1, name, status: "DONE" })),
  },
];
