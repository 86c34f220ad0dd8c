import { printSchema } from "graphql";
import { supergraphFrom } from "./supergraph-file.ts";

/**
 * Returns the API schema, which clients see, of the supergraph in a file, as SDL.
 * @throws FileError, or Error SUPERGRAPH_INVALID
 */
export const readApiSchema = (file: string): string => `${printSchema(supergraphFrom(file).apiSchema)}\n`;
