/** An event of a subscription as its subscribers receive it. Its text is created once for all of them. */
export interface EmittedEvent {
  /** The position of the subgraph's log after the event. */
  position: string | undefined;
  cursor: string | undefined;
  /** A key of events of the same entity, of which a newer one may replace an older one; undefined for an event that is never left out. */
  replaces: string | undefined;
  /** The number of older events that it already replaces. */
  dropped: number;
  /** The response as JSON, up to its extensions; undefined where only the position has changed. */
  head: string | undefined;
}

/** @param dropped the number of older events that it replaces for this subscriber */
export function textOf({ head = "", cursor }: EmittedEvent, dropped: number): string {
  if (cursor === undefined && dropped === 0) return `${head}}`;
  const extensions = [
    ...(cursor === undefined ? [] : [`"cursor":"${cursor}"`]),
    ...(dropped > 0 ? [`"dropped":${dropped}`] : []),
  ];
  return `${head},"extensions":{${extensions.join()}}}`;
}
