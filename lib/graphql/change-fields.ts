/** A row of the change history. `db/change-history/` reads it. */
export interface RecordedChange {
  id: string;
  kind: "CREATED" | "UPDATED" | "DELETED";
  changedAt: Date;
  actor: string | null;
  requestId: string | null;
  operationId: string | null;
  entityVersion: number | null;
  /** The value before and after the change by property; no values where they are withheld. */
  fields: Readonly<Record<string, readonly unknown[]>>;
}

interface Context {
  loaders: object;
}

const userActor = /^user:(.+)$/;

/** The resolvers of `Change`, the same in every subgraph. */
export const changeFields = {
  /** Returns the user who is the actor: the row in the subgraph of users, a reference in any other. */
  user: ({ actor }: RecordedChange, _args: unknown, { loaders }: Context) => {
    const id = userActor.exec(actor ?? "")?.[1];
    if (id === undefined) return null;
    const { User } = loaders as { User?: { load(id: string): Promise<unknown> } };
    return User ? User.load(id) : { id };
  },
  version: ({ entityVersion }: RecordedChange) => entityVersion,
  fields: ({ fields }: RecordedChange) =>
    Object.entries(fields)
      .map(([name, values]) => ({
        name,
        from: values[0] ?? null,
        to: values[1] ?? null,
        isWithheld: values.length === 0,
      }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
};
