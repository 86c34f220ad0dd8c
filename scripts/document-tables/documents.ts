import { eventsTables } from "./events-table.ts";
import { subscriptionsTable } from "./subscriptions-table.ts";

/** The documents with a table that follows from the code, and what returns each with its table updated. */
export const documentsWithTables = [
  { path: "docs/events.md", withTable: replacing("events", eventsTables) },
  { path: "docs/subscriptions.md", withTable: replacing("subscriptions", subscriptionsTable) },
];

/** Returns a function that replaces what a document has between the comments `<!-- name -->` and `<!-- /name -->`. */
function replacing(name: string, table: () => string): (document: string) => string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  return (document) => {
    const [before, rest] = document.split(begin);
    const after = rest?.slice(rest.indexOf(end));
    if (before === undefined || after === undefined) throw new Error(`The document lacks ${begin.trim()}.`);
    return `${before}${begin}\n${table()}\n${after}`;
  };
}
