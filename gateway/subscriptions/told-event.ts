/** An event of a subscription as its subscribers are told it. Its text is made once for all of them. */
export interface ToldEvent {
  /** Where the subgraph's log stands after it. */
  position: string | undefined;
  cursor: string | undefined;
  /** Events of the same entity, of which a newer one may stand for an older: undefined of what is never left out. */
  replaces: string | undefined;
  /** How many older ones it stands for already. */
  dropped: number;
  /** The answer as JSON, up to its extensions; undefined where only the position has moved. */
  head: string | undefined;
}

/** @param dropped how many older events it stands for, for this subscriber */
export function textOf({ head = "", cursor }: ToldEvent, dropped: number): string {
  if (cursor === undefined && dropped === 0) return `${head}}`;
  const told = [
    ...(cursor === undefined ? [] : [`"cursor":"${cursor}"`]),
    ...(dropped > 0 ? [`"dropped":${dropped}`] : []),
  ];
  return `${head},"extensions":{${told.join()}}}`;
}
