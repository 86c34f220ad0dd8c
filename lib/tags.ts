export interface Tag {
  key: string;
  value: string;
}

/** Returns tags as a list, ordered by key. They are an object in the database and a list in the graph, where a key may be any string. */
export function tagList(tags: Readonly<Record<string, unknown>>): Tag[] {
  return Object.entries(tags)
    .map(([key, value]) => ({
      key,
      value: typeof value === "string" ? value : JSON.stringify(value),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
