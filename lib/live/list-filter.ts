// The filter of a list, applied to the events of its rows: an event is emitted exactly if the list would hold the row right after the change.

type FilterValues = Readonly<Record<string, unknown>>;

/** The conditions of a filter that an event cannot decide, by name. They are checked on the row when the event is emitted. */
export interface Undecided {
  undecided: readonly string[];
}

/**
 * Checks what an event could not decide of a filter: with one statement for all events of a batch, and with none when nothing is left.
 * @param check decides whether the list with a filter holds the row with this id
 */
export async function isHeld(
  { undecided }: Undecided,
  filter: FilterValues | null | undefined,
  check: (filter: FilterValues) => Promise<boolean>,
): Promise<boolean> {
  if (undecided.length === 0) return true;
  return check(Object.fromEntries(undecided.map((name) => [name, filter?.[name]])));
}
