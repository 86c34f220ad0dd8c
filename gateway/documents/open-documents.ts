import { readTextFile } from "#lib/files/text-file.ts";
import { onFileChange } from "#lib/files/watched-file.ts";
import type { GatewayEnvironment } from "../environment.ts";
import { Documents } from "./documents.ts";
import { readManifest } from "./manifest.ts";

export interface OpenDocuments {
  documents: Documents;
  close(): void;
}

/**
 * Returns the documents of the manifest that the environment names, and replaces them when the file changes.
 * @throws Error when the manifest cannot be read
 */
export function openDocuments({ documentsFile, documentModes }: GatewayEnvironment): OpenDocuments {
  if (!documentsFile) return { documents: new Documents(documentModes), close: () => undefined };
  const manifest = readTextFile(documentsFile);
  const documents = new Documents(documentModes, readManifest(manifest));
  return { documents, close: onFileChange(documentsFile, manifest, (json) => documents.replace(readManifest(json))) };
}
