import { readTextFile } from "#lib/files/text-file.ts";
import { policies } from "#lib/trust/request-context.ts";
import { loadSupergraph, type LoadedSupergraph } from "./execution/loaded-supergraph.ts";

/** Composition writes `join__Graph` into each supergraph; a schema without it is a subgraph's or a client's. */
const marksSupergraph = /\bjoin__Graph\b/;

/**
 * Returns the text of a supergraph from a file that the user names.
 * @throws FileError, or Error SUPERGRAPH_INVALID for a file that is not a supergraph
 */
export function readSupergraph(file: string): string {
  const sdl = readTextFile(file);
  if (marksSupergraph.test(sdl)) return sdl;
  throw invalid(file, "it names no subgraphs (join__Graph)");
}

/** Returns the same supergraph, loaded. */
export function supergraphFrom(file: string): LoadedSupergraph {
  const sdl = readSupergraph(file);
  return explained(file, () => loadSupergraph(sdl, policies));
}

/** @throws Error SUPERGRAPH_INVALID with the file's name instead of a parser's error */
export function explained<Loaded>(file: string, load: () => Loaded): Loaded {
  try {
    return load();
  } catch (error) {
    throw invalid(file, error instanceof Error ? error.message : String(error));
  }
}

const invalid = (file: string, reason: string) =>
  Object.assign(
    new Error(
      `${file} is not a supergraph: ${reason}. A supergraph is the output of a composition of subgraphs, such as \`rover supergraph compose\` or \`npm run compose\`.`,
    ),
    { code: "SUPERGRAPH_INVALID" },
  );
